using System.Text.RegularExpressions;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Scenarios.Storage;

/// <summary>The system calls of a Region during one PutObject: the answer leaves the socket after everything was synced.</summary>
/// <remarks>The store's own tests look at each sync by itself; this one looks at the answer on the wire.</remarks>
public sealed partial class RegionTraceTests
{
    private const string Key = "traced-key-of-one-put";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [ForeignFact("strace")]
    public async Task PutObject_Traced_AnswersAfterBodyDirectoryAndLogWereSynced()
    {
        using var directory = new TempDirectory();
        var file = directory.File("trace");
        await using (var region = await RegionProcess.StartAsync(
            directory.File("data"), null, "strace", "-f", "-y", "-s", "300", "-o", file, "-e", "trace=write,writev,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2"))
        {
            using var limit = new CancellationTokenSource(Limit);
            await region.Client.CreateBucketAsync(new CreateBucketRequest { Bucket = RegionProcess.Bucket }, cancellationToken: limit.Token);
            await region.Client.PutObjectAsync(
                new PutObjectRequest { Spec = new ObjectSpec { Bucket = RegionProcess.Bucket, Key = Key }, Content = ByteString.CopyFrom(new byte[300_000]) },
                cancellationToken: limit.Token);
        }

        // Sockets' calls begin with the answer's DATA frame, which spells the key; a call counts where it ended.
        var lines = await File.ReadAllLinesAsync(file);
        var rename = Array.FindIndex(lines, line => line.Contains(" rename", StringComparison.Ordinal) && line.Contains("/bodies/tmp/", StringComparison.Ordinal));
        var shard = ShardPattern().Match(lines[rename]).Groups["directory"].Value;
        var answer = Array.FindIndex(lines, rename, line => line.Contains("socket:", StringComparison.Ordinal) && line.Contains(Key, StringComparison.Ordinal));
        Assert.True(answer > rename, "The answer is not in the trace");

        var bodySync = Ended(lines, "/bodies/tmp/");
        var directorySync = Ended(lines, shard + ">");
        var logSync = Ended(lines, "metadata.db-wal>", from: directorySync);
        Assert.InRange(bodySync, 0, rename);
        Assert.InRange(directorySync, rename, answer);
        Assert.InRange(logSync, directorySync, answer);
    }

    // The line on which the first sync of a file, at or after a line, was done.
    private static int Ended(string[] lines, string file, int from = 0)
    {
        var begun = Array.FindIndex(lines, from, line => SyncPattern().IsMatch(line) && line.Contains(file, StringComparison.Ordinal));
        Assert.True(begun >= 0, $"No sync of {file}");
        if (!lines[begun].EndsWith("<unfinished ...>", StringComparison.Ordinal))
        {
            return begun;
        }

        var thread = lines[begun].Split(' ')[0];
        return Array.FindIndex(lines, begun + 1, line => line.StartsWith(thread + " ", StringComparison.Ordinal) && line.Contains("sync resumed", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\d+ +(fsync|fdatasync)\(")]
    private static partial Regex SyncPattern();

    [GeneratedRegex("\", \"(?<directory>.*)/[0-9a-f]{32}\"")]
    private static partial Regex ShardPattern();
}
