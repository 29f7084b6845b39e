using System.Collections.Concurrent;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit.Abstractions;

namespace EdgeMesh.Scenarios.Storage;

/// <summary>Kills a Region under the writes of its clients, again and again on the same directory, and asks the next one for everything.</summary>
public sealed class RegionKillTests(ITestOutputHelper output)
{
    private const int Kills = 50;
    private const int Writers = 6;
    private const int MaxAcknowledgedPerRound = 50;
    private const int LargestBytes = 700_000;
    private const int Seed = 20260102;

    [Fact]
    public async Task Region_KilledFiftyTimesUnderWrites_LosesNoAcknowledgedObject()
    {
        using var directory = new TempDirectory();
        var random = new Random(Seed);
        var objects = new ConcurrentDictionary<string, Written>(StringComparer.Ordinal);
        for (var round = 0; round < Kills; round++)
        {
            await using var region = await RegionProcess.StartAsync(directory.Path);
            await region.Client.CreateBucketAsync(new CreateBucketRequest { Bucket = RegionProcess.Bucket });
            await VerifyAsync(region, objects, all: false);
            await WriteUntilKilledAsync(region, round, 1 + random.Next(MaxAcknowledgedPerRound), objects);
        }

        await using var last = await RegionProcess.StartAsync(directory.Path);
        await VerifyAsync(last, objects, all: true);
        output.WriteLine($"{Kills} kills, {objects.Values.Sum(o => o.Acknowledgements)} acknowledged writes of {objects.Count} objects");
        Assert.DoesNotContain(last.Process.Errors, line => line.Contains("fail: ", StringComparison.Ordinal) || line.Contains("crit: ", StringComparison.Ordinal));
    }

    // Each writer writes its own keys over and over, by both methods, and notes each step before and after.
    private static async Task WriteUntilKilledAsync(RegionProcess region, int round, int killAfter, ConcurrentDictionary<string, Written> objects)
    {
        var acknowledged = 0;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var step = 1; ; step++)
            {
                var key = $"r{round}-w{writer}-k{step % 3}";
                var written = objects.GetOrAdd(key, _ => new Written());
                written.Tried = step;
                try
                {
                    await (step % 4 == 0 ? WriteAsync(region, key, step) : PutAsync(region, key, step));
                }
                catch (RpcException)
                {
                    return;
                }

                written.Acknowledge(step);
                if (Interlocked.Increment(ref acknowledged) == killAfter)
                {
                    region.Process.Signal(UnixSignal.Kill);
                }
            }
        })));
        Assert.True(acknowledged >= killAfter, $"The Region ended by itself:\n{string.Join('\n', region.Process.Transcript)}");
        await region.Process.WaitForExitAsync();
    }

    // Every object holds its last acknowledged step, or the one that was tried after it; nothing else is there.
    private static async Task VerifyAsync(RegionProcess region, ConcurrentDictionary<string, Written> objects, bool all)
    {
        foreach (var (key, written) in objects.Where(o => all || !o.Value.IsSettled))
        {
            byte[] content;
            try
            {
                content = (await region.Client.GetObjectAsync(new GetObjectRequest { Bucket = RegionProcess.Bucket, Key = key })).Content.ToByteArray();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                Assert.True(written.Acknowledged == 0, $"{key} is lost: its step {written.Acknowledged} was acknowledged");
                objects.TryRemove(key, out _);
                continue;
            }

            var holds = new[] { written.Acknowledged, written.Tried }.FirstOrDefault(step => step > 0 && ContentOf(key, step).AsSpan().SequenceEqual(content));
            Assert.True(holds > 0, $"{key} holds neither step {written.Acknowledged} nor {written.Tried}");
            written.Settle(holds);
        }

        var request = new ListObjectsRequest { Bucket = RegionProcess.Bucket };
        do
        {
            var page = await region.Client.ListObjectsAsync(request);
            Assert.All(page.Objects, o => Assert.True(objects.ContainsKey(o.Key), $"{o.Key} should not be there"));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    private static async Task PutAsync(RegionProcess region, string key, int step) => await region.Client.PutObjectAsync(new PutObjectRequest
    {
        Spec = new ObjectSpec { Bucket = RegionProcess.Bucket, Key = key },
        Content = ByteString.CopyFrom(ContentOf(key, step)),
    });

    private static async Task WriteAsync(RegionProcess region, string key, int step)
    {
        using var write = region.Client.WriteObject();
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Spec = new ObjectSpec { Bucket = RegionProcess.Bucket, Key = key } });
        foreach (var chunk in ContentOf(key, step).Chunk(100_000))
        {
            await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = ByteString.CopyFrom(chunk) });
        }

        await write.RequestStream.CompleteAsync();
        await write;
    }

    // Mostly small, now and then of several chunks; the same for the same step.
    private static byte[] ContentOf(string key, int step)
    {
        var seed = step;
        foreach (var c in key)
        {
            seed = unchecked((seed * 486187739) + c);
        }

        var random = new Random(seed);
        var content = new byte[random.Next(6) == 0 ? random.Next(LargestBytes) : random.Next(4096)];
        random.NextBytes(content);
        return content;
    }

    /// <summary>What a writer knows of its object.</summary>
    private sealed class Written
    {
        internal int Acknowledged { get; private set; }

        internal int Acknowledgements { get; private set; }

        internal int Tried { get; set; }

        internal bool IsSettled { get; private set; }

        internal void Acknowledge(int step)
        {
            Acknowledged = step;
            Acknowledgements++;
        }

        // Later rounds do not touch the object: it must stay as it was found.
        internal void Settle(int step) => (Acknowledged, Tried, IsSettled) = (step, step, true);
    }
}
