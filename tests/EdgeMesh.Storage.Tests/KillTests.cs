using System.Globalization;
using EdgeMesh.Storage.Tests.Hosted;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Xunit.Abstractions;

namespace EdgeMesh.Storage.Tests;

/// <summary>Kills a process under writes, again and again on the same directory, and looks at what it left.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 50;
    private const int Writers = 6;
    private const int MaxAcknowledgedPerRound = 60;
    private const int Seed = 20260101;

    [Fact]
    public async Task Store_KilledFiftyTimesUnderWrites_KeepsWhatItAcknowledgedAndShowsNothingHalfWritten()
    {
        using var directory = new TempDirectory();
        var random = new Random(Seed);
        var steps = new Dictionary<string, KeySteps>(StringComparer.Ordinal);
        var acknowledged = 0;
        for (var round = 0; round < Kills; round++)
        {
            acknowledged += await KillOnceAsync(directory.Path, round, random.Next(MaxAcknowledgedPerRound), steps);
            await using var survivor = await TestStore.OpenAsync(directory.Path);
            await VerifyAsync(survivor, steps);
            survivor.Log.AssertNoUnexpectedErrors();
            await survivor.CloseAsync();
            StoreChecker.Check(directory.Path);
        }

        output.WriteLine($"{Kills} kills, {acknowledged} acknowledged operations, {steps.Count} keys");
        Assert.True(acknowledged > Kills);
    }

    // Kills a fresh process once it has acknowledged so many operations, and notes what it told.
    private static async Task<int> KillOnceAsync(string directory, int round, int killAfter, Dictionary<string, KeySteps> steps)
    {
        var seen = 0;
        await using var child = ChildStore.Start(
            null, "put-until-killed", directory, round.ToString(CultureInfo.InvariantCulture), Writers.ToString(CultureInfo.InvariantCulture));
        await child.WaitForLineAsync(line => line.StartsWith(killAfter == 0 ? "OPEN" : "ACK", StringComparison.Ordinal) && ++seen >= killAfter);
        child.Signal(UnixSignal.Kill);
        await child.WaitForExitAsync();
        Assert.Empty(child.Errors);

        foreach (var line in child.Output)
        {
            // The last line may be cut by the kill: then it was not told.
            if (line.Split(' ') is [var word, var key, var step] && key.Contains("-k", StringComparison.Ordinal) && int.TryParse(step, out var number))
            {
                if (!steps.TryGetValue(key, out var known))
                {
                    steps.Add(key, known = new KeySteps());
                }

                known.Add(word, number);
            }
        }

        return child.Output.Count(line => line.StartsWith("ACK ", StringComparison.Ordinal));
    }

    // Every key holds its last acknowledged step, or the one that was tried after it.
    private static async Task VerifyAsync(TestStore survivor, Dictionary<string, KeySteps> steps)
    {
        var found = await ListAllAsync(survivor.Store);
        Assert.Empty(found.Except(steps.Keys));
        foreach (var (key, known) in steps)
        {
            if (!found.Contains(key))
            {
                Assert.True(known.MayBe(0), $"{key} is lost: its last acknowledged step was {known.Acknowledged}");
                continue;
            }

            if (known.Verified)
            {
                continue;
            }

            var content = (await survivor.GetAsync(key)).Content.ToByteArray();
            var holds = new[] { known.Acknowledged, known.Tried }.Where(step => step > 0).FirstOrDefault(step => ChildPrograms.ContentOf(key, step).AsSpan().SequenceEqual(content), -1);
            Assert.True(holds > 0, $"{key} holds neither step {known.Acknowledged} nor {known.Tried}");
            known.Settle(holds);
        }
    }

    private static async Task<HashSet<string>> ListAllAsync(ObjectStore store)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        if ((await store.ListBucketsAsync(new ListBucketsRequest())).Buckets.Count == 0)
        {
            return keys;
        }

        var request = new ListObjectsRequest { Bucket = ChildPrograms.Bucket };
        do
        {
            var page = await store.ListAsync(request);
            keys.UnionWith(page.Objects.Select(o => o.Key));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return keys;
    }

    /// <summary>What a killed process told of one key; 0 stands for "deleted", which a key also is before its first step.</summary>
    private sealed class KeySteps
    {
        internal int Acknowledged { get; private set; }

        internal int Tried { get; private set; }

        internal bool Verified { get; private set; }

        internal void Add(string word, int step)
        {
            Tried = step;
            Acknowledged = word == "ACK" ? step : Acknowledged;
        }

        internal bool MayBe(int step) => Acknowledged == step || Tried == step;

        // Later rounds do not touch the key: it must stay as it was found.
        internal void Settle(int step) => (Acknowledged, Tried, Verified) = (step, step, true);
    }
}
