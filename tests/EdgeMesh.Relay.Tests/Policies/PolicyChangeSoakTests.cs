using EdgeMesh.Relay.Policies;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Tests.Policies;

/// <summary>Policies that change under load: no call is dropped, and none gets what was stored under another policy than one that was in force while it ran.</summary>
/// <remarks>
/// The origin says in its answer which metadata it was sent, and so under which policy it was asked: by <c>x-a</c>, by <c>x-b</c>, or, without policy, all. Each caller notes the policies that were in
/// force at the edge from its call's beginning to its end; of those one must have made its answer, and for its metadata. Which call meets which policy is chance; that holds however they meet.
/// </remarks>
public sealed class PolicyChangeSoakTests
{
    private const string Path = "/" + CatalogTypes.Get;
    private const int Callers = 12;
    private const int CallsPerCaller = 250;

    // Calls from one change to the next: enough that answers are used again, few enough that many calls meet a change.
    private const int CallsPerPolicy = 30;

    private static readonly Func<ulong, PolicyModel>[] Policies = [version => Model(version, "x-a"), version => Model(version, "x-b"), version => new PolicyModel(new EffectivePolicy { Version = version })];

    [Fact]
    public async Task Call_PolicyChangesAtOneEdge_HasAnAnswerOfAPolicyInForce()
    {
        await using var origin = await StartOriginAsync();
        await using var edge = await StartEdgeAsync(origin.Address, "LHR50-1");

        await RunAsync(edge.Address, version => edge.Relay.Policy = Policies[version % 3]((ulong)version));
    }

    [Fact]
    public async Task Call_PolicyChangesAtALeafBeforeItsShield_HasAnAnswerOfAPolicyInForceAtTheLeaf()
    {
        await using var origin = await StartOriginAsync();
        await using var shield = await StartEdgeAsync(origin.Address, "LHR50-1");
        await using var leaf = await StartEdgeAsync(shield.Address, "MAN50-1");

        // The shield follows one change behind: what the leaf asks meets another policy there as often as the same.
        await RunAsync(leaf.Address, version =>
        {
            leaf.Relay.Policy = Policies[version % 3]((ulong)version);
            shield.Relay.Policy = Policies[(version + (version % 2)) % 3]((ulong)version);
        });
    }

    /// <param name="set">Puts a policy in force at the node.</param>
    private static async Task RunAsync(Uri node, Action<int> set)
    {
        // Changes begin at `begun` and are over at `done`: between, calls may follow either.
        var (begun, done, calls, hits, changed) = (0, 0, 0, 0, 0);
        set(0);
        var oneChange = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            using var client = new RawCaller(node);
            var random = new Random(caller);
            for (var i = 0; i < CallsPerCaller; i++)
            {
                if (Interlocked.Increment(ref calls) % CallsPerPolicy == 0)
                {
                    lock (oneChange)
                    {
                        var next = Volatile.Read(ref begun) + 1;
                        Volatile.Write(ref begun, next);
                        set(next);
                        Volatile.Write(ref done, next);
                    }
                }

                var (a, b, message) = (random.Next(3).ToString(), random.Next(3).ToString(), $"product {random.Next(3)}");
                var first = Volatile.Read(ref done);
                var answer = await client.CallAsync(Path, Frames.Of(message), default, ("x-a", a), ("x-b", b));
                var last = Volatile.Read(ref begun);

                string[] right = [$"{message} a={a} b=", $"{message} a= b={b}", $"{message} a={a} b={b}"];
                Assert.True(answer.Status == "0", $"{answer.Status}: {answer.Message}");
                Assert.True(Enumerable.Range(first, last - first + 1).Any(version => right[version % 3] == answer.Text), $"policies {first} to {last}, {right[first % 3]}, {answer.CacheStatus}: {answer.Text}");
                Interlocked.Add(ref hits, answer.CacheStatus.Contains("; hit", StringComparison.Ordinal) ? 1 : 0);
                Interlocked.Add(ref changed, first == last ? 0 : 1);
            }
        }));

        Assert.InRange(hits, calls / 20, calls);
        Assert.InRange(changed, 10, calls);
    }

    private static Task<RawOrigin> StartOriginAsync() => RawOrigin.StartAsync(async context =>
    {
        var message = Frames.Text(await RawOrigin.ReadAllAsync(context));
        await Task.Yield();
        var (a, b) = (context.Request.Headers["x-a"], context.Request.Headers["x-b"]);
        await RawOrigin.AnswerAsync(context, Frames.Of($"{message} a={a} b={b}"), ("x-edgemesh-as-of", "1.10"));
    });

    private static async Task<RelayFixture> StartEdgeAsync(Uri upstream, string name)
    {
        var node = await RelayFixture.StartEdgeAsync(upstream, name: name);
        node.Log.Apply(new LogUpdate { Reset = new LogPosition { Epoch = 1, Sequence = 10, CommitTime = new Timestamp { Seconds = 10 } } });
        return node;
    }

    private static PolicyModel Model(ulong version, string keyed)
    {
        var resolution = PolicyResolver.Resolve(new Policy { Rules = { new CacheRule { Methods = { CatalogTypes.Get }, Ttl = new Duration { Seconds = 600 }, KeyMetadata = { keyed } } } }, version, CatalogTypes.Methods());
        return new PolicyModel(resolution.Effective);
    }
}
