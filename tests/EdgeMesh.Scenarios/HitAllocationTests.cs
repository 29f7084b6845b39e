using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios;

/// <summary>What a hit costs the collector of a real edge location.</summary>
public sealed partial class HitAllocationTests : IDisposable
{
    private const int WarmUpHits = 150_000;
    private const int Hits = 300_000;

    // A connection, reports to the Region, the scrapes and what is still being compiled allocate 1 to 2 MB whatever the number of calls; one string or array a hit would be more than this.
    private const double MaxBytesPerHit = 16;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <inheritdoc cref="Hit_OnARealEdge_AllocatesNothing"/>
    [ForeignFact("h2load", "taskset")]
    public Task HitUnderAPolicyWithTwoKeyFields_OnARealEdge_AllocatesNothing() => HitAsync(hasPolicy: true);

    /// <remarks>On one processor, so that a request is whole when its handler runs: else some calls wait for their own second frame, which takes a state machine.</remarks>
    [ForeignFact("h2load", "taskset")]
    public Task Hit_OnARealEdge_AllocatesNothing() => HitAsync(hasPolicy: false);

    private async Task HitAsync(bool hasPolicy)
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.File("data"));
        await using var edge = await NodeProcess.StartEdgeAsync(region, "LHR50-1");
        var request = await PutAsync(region.Address);
        if (hasPolicy)
        {
            await FollowPolicyAsync(region.AdminAddress, edge);
        }

        await RunAsync("taskset", "-apc", FirstProcessor(), edge.Process.Id.ToString(CultureInfo.InvariantCulture));

        // Until the code that runs is the last that is compiled of it.
        await LoadAsync(edge.Address, request, WarmUpHits);
        await LoadAsync(edge.Address, request, WarmUpHits);
        var before = await ReadAsync(edge);
        await LoadAsync(edge.Address, request, Hits);
        var after = await ReadAsync(edge);

        Assert.Equal(Hits, after.Hits - before.Hits);
        Assert.InRange((after.AllocatedBytes - before.AllocatedBytes) / Hits, 0, MaxBytesPerHit);
    }

    /// <summary>Stores an object.</summary>
    /// <returns>A file with the request for it.</returns>
    private async Task<string> PutAsync(Uri region)
    {
        using var channel = GrpcChannel.ForAddress(region);
        var store = new ObjectStoreService.ObjectStoreServiceClient(channel);
        await store.CreateBucketAsync(new CreateBucketRequest { Bucket = "hits" });
        await store.PutObjectAsync(new PutObjectRequest { Spec = new ObjectSpec { Bucket = "hits", Key = "k", CacheControl = "public, max-age=86400" }, Content = ByteString.CopyFrom(new byte[1024]) });
        var message = new GetObjectRequest { Bucket = "hits", Key = "k" }.ToByteArray();
        var file = _directory.File("request.bin");
        await File.WriteAllBytesAsync(file, [0, 0, 0, 0, (byte)message.Length, .. message]);
        return file;
    }

    /// <summary>Puts a policy in force, and waits until the edge has applied it.</summary>
    private static async Task FollowPolicyAsync(Uri admin, NodeProcess edge)
    {
        using var channel = GrpcChannel.ForAddress(admin);
        var policy = new Policy { Rules = { new CacheRule { Methods = { "edgemesh.v1.ObjectStoreService/*" }, KeyFields = { "bucket", "key" }, NoStore = true } } };
        var client = new PolicyService.PolicyServiceClient(channel);

        // First one whose effect shows at once, so that the second, which comes after it in the log, is in force when that effect is gone.
        await client.ApplyPolicyAsync(new ApplyPolicyRequest { Policy = policy });
        await WaitForAsync(status => status.Contains("policy-no-store", StringComparison.Ordinal));
        policy.Rules[0].NoStore = false;
        await client.ApplyPolicyAsync(new ApplyPolicyRequest { Policy = policy });
        await WaitForAsync(status => status.EndsWith("; hit", StringComparison.Ordinal) || status.Contains("; hit;", StringComparison.Ordinal));

        async Task WaitForAsync(Func<string, bool> isWanted)
        {
            using var calls = GrpcChannel.ForAddress(edge.Address);
            var start = TimeProvider.System.GetTimestamp();
            while (true)
            {
                using var call = new ObjectStoreService.ObjectStoreServiceClient(calls).GetObjectAsync(new GetObjectRequest { Bucket = "hits", Key = "k" });
                var status = (await call.ResponseHeadersAsync).GetValue("cache-status") ?? "";
                await call.ResponseAsync;
                if (isWanted(status))
                {
                    return;
                }

                Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, status);
                await Task.Delay(TestDeadline.PollInterval);
            }
        }
    }

    private static Task LoadAsync(Uri edge, string request, int hits) =>
        RunAsync("h2load", "-n", hits.ToString(CultureInfo.InvariantCulture), "-c", "1", "-m", "16", "-d", request, "-H", "content-type: application/grpc", "-H", "te: trailers", new Uri(edge, "/edgemesh.v1.ObjectStoreService/GetObject").AbsoluteUri);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var process = ChildProcess.Start(program, arguments);
        Assert.True(await process.WaitForExitAsync() == 0, string.Join('\n', process.Errors));
    }

    private static async Task<(double AllocatedBytes, double Hits)> ReadAsync(NodeProcess edge)
    {
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(edge.AdminAddress, "/metrics"));
        return (Number(Allocated().Match(metrics)), Number(HitCalls().Match(metrics)));
    }

    private static double Number(Match match) => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture);

    /// <summary>The first processor that this process may use: "0-3,8" and the like.</summary>
    private static string FirstProcessor()
    {
        var allowed = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split('\t')[1];
        return allowed.Split('-', ',')[0];
    }

    [GeneratedRegex(@"^dotnet_gc_heap_total_allocated_bytes_total (?<value>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Allocated();

    [GeneratedRegex("""^edgemesh_relay_calls_total\{edgemesh_outcome="hit"\} (?<value>\S+)$""", RegexOptions.Multiline)]
    private static partial Regex HitCalls();
}
