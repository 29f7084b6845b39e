using System.Collections.Concurrent;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Operate;

/// <summary><c>edgemesh backup</c> and <c>edgemesh restore</c> as processes, against a Region that works.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("backup.tar")]
    [InlineData("backup.tar.gz")]
    public async Task Backup_UnderWriteLoad_RestoresEverythingAcknowledgedBeforeIt(string file)
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"));
        using var channel = GrpcChannel.ForAddress(region.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "load" });
        var acknowledged = new ConcurrentDictionary<string, int>();
        using var stop = new CancellationTokenSource();
        var enough = new TaskCompletionSource();
        var writers = Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                // Each key is written again and again, with content that says how often.
                var key = $"{writer}/{i % 30}";
                await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "load", Key = key }, Content = ContentOf(key, i) });
                acknowledged[key] = i;
                if (i == 100)
                {
                    enough.TrySetResult();
                }
            }
        }).ToList();
        await enough.Task.WaitAsync(TestDeadline.Default);

        var before = acknowledged.ToArray();
        Assert.Equal(0, await RunAsync("backup", "--to", region.AdminAddress.ToString(), "--out", _directory.File(file)));
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Equal(0, await RunAsync("restore", _directory.File(file), "--data", _directory.File("restored")));

        await using var second = await NodeProcess.StartRegionAsync(_directory.File("restored"));
        using var secondChannel = GrpcChannel.ForAddress(second.Address);
        var restored = new ObjectStoreService.ObjectStoreServiceClient(secondChannel);
        Assert.Equal(4 * 30, before.Length);
        foreach (var (key, at) in before)
        {
            // What was written meanwhile may be in it as well, but nothing older, and nothing but what was written.
            var content = (await restored.GetObjectAsync(new GetObjectRequest { Bucket = "load", Key = key })).Content;
            var found = BitConverter.ToInt32(content.Span);
            Assert.InRange(found, at, acknowledged[key]);
            Assert.Equal(ContentOf(key, found), content);
        }

        region.AssertNoUnexpectedErrors();
        second.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Backup_ClientKilledMidway_LeavesTheRegionAsItWas()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"));
        using var channel = GrpcChannel.ForAddress(region.Address);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "load" });
        for (var i = 0; i < 20; i++)
        {
            await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "load", Key = $"{i}" }, Content = ByteString.CopyFrom(new byte[3_000_000]) });
        }

        // Standard output is a pipe that nobody reads: the backup stands still midway.
        using var client = ChildProcess.Start(
            "sh", ["-c", $"'{DotNetHost.Path}' '{Path.Combine(AppContext.BaseDirectory, "edgemesh.dll")}' backup --to {region.AdminAddress} --out - | sleep 100"]);
        await WaitUntilAsync(() => Directory.GetFiles(_directory.File("data", "bodies", "tmp")).Length == 1);
        await store.DeleteObjectAsync(new DeleteObjectRequest { Bucket = "load", Key = "0" });
        Assert.Equal(20, Bodies());
        client.Dispose();

        // Its copy of the metadata goes, and the body that it held.
        await WaitUntilAsync(() => Directory.GetFiles(_directory.File("data", "bodies", "tmp")).Length == 0 && Bodies() == 19);
        Assert.Equal(0, await RunAsync("backup", "--to", region.AdminAddress.ToString(), "--out", _directory.File("second.tar")));
        Assert.Equal(0, await RunAsync("restore", _directory.File("second.tar"), "--data", _directory.File("restored")));
        region.AssertNoUnexpectedErrors();

        int Bodies() => Directory.GetFiles(_directory.File("data", "bodies"), "*", SearchOption.AllDirectories).Count(file => Path.GetFileName(Path.GetDirectoryName(file)) != "tmp");
    }

    private static ByteString ContentOf(string key, int i)
    {
        var content = new byte[i % 9 == 0 ? 300_000 : 3_000];
        new Random((key.GetHashCode(StringComparison.Ordinal) * 31) + i).NextBytes(content);
        BitConverter.TryWriteBytes(content, i);
        return ByteString.CopyFrom(content);
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        await using var process = NodeProcess.Start(arguments);
        return await process.WaitForExitAsync();
    }

    private static async Task WaitUntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(TestDeadline.PollInterval);
        }
    }
}
