using EdgeMesh.Region.Log;
using EdgeMesh.Region.Policies;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Storage;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Tests.Policies;

public sealed class PolicyStateTests : IAsyncLifetime
{
    private const string Method = "shop.v1.Catalog/Get";

    private static readonly MethodTypes Described = new(GetObjectRequest.Descriptor, GetObjectResponse.Descriptor, IsUnary: true, Option: null);

    private readonly TempDirectory _data = new();
    private readonly LogCollector _log = new();
    private Dictionary<string, MethodTypes> _methods = [];
    private ObjectStore _store = null!;
    private RegionLog _regionLog = null!;

    public async Task InitializeAsync()
    {
        _store = await ObjectStore.OpenAsync(new ObjectStoreOptions { DataDirectory = _data.Path, LogRetention = new() { States = LogKinds.States } }, new ManualTimeProvider(), _log.CreateLogger("store"), default);
        _regionLog = new RegionLog(_store.Log, _log.CreateLogger<RegionLog>());
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _data.Dispose();
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Apply_Policies_AreEntriesOfTheLogAndOutliveTheRegion()
    {
        using var state = Open();
        Assert.Equal(0UL, state.Current.Version.Version);

        Assert.True((await ApplyAsync(state, Rule(1))).IsNew);
        Assert.True((await ApplyAsync(state, Rule(2), note: "two")).IsNew);
        await DisposeStoreAsync();

        using var again = Open();
        Assert.Equal((2UL, "two", Rule(2)), (again.Current.Version.Version, again.Current.Version.Note, again.Current.Policy));
        Assert.Equal(again.Current.Effective, _regionLog.Feed.ReadAfter(null)!.Entries.Single(entry => entry.ChangeCase == LogEntry.ChangeOneofCase.Policy).Policy.Effective);
        Assert.Equal([2UL, 1UL], _regionLog.OfKind(LogEntry.ChangeOneofCase.Policy, long.MaxValue, 10).Select(entry => entry.Policy.Version));
    }

    [Fact]
    public async Task Apply_TheSameOrOnlyValidated_ChangesNothing()
    {
        using var state = Open();
        await ApplyAsync(state, Rule(1));
        var head = _regionLog.Head;

        Assert.False((await ApplyAsync(state, Rule(1))).IsNew);
        Assert.False((await state.ApplyAsync(Rule(2), null, "", validateOnly: true, default)).IsNew);

        Assert.Equal((1UL, head), (state.Current.Version.Version, _regionLog.Head));
    }

    [Fact]
    public async Task Apply_OnAnotherBase_IsRefused()
    {
        using var state = Open();
        await ApplyAsync(state, Rule(1));

        Assert.Null((await state.ApplyAsync(Rule(2), baseVersion: 0, "", validateOnly: false, default)).Faults);
        Assert.Empty((await state.ApplyAsync(Rule(2), baseVersion: 1, "", validateOnly: false, default)).Faults!);
        Assert.Equal(2UL, state.Current.Version.Version);
    }

    [Fact]
    public async Task Apply_NamesAFieldThatIsNotThere_IsRefusedWhole()
    {
        _methods = new() { [Method] = Described };
        using var state = Open();
        var policy = new Policy { Rules = { new CacheRule { Methods = { Method }, KeyFields = { "bucket", "nope" }, Tags = { "x:{gone}" } }, new CacheRule { Methods = { "a.B/C" }, NoStore = true } } };

        var (_, isNew, faults) = await ApplyAsync(state, policy);

        Assert.False(isNew);
        Assert.Equal(["rules[0].key_fields[1]", "rules[0].tags[0]"], faults!.Select(fault => fault.Path));
        Assert.Equal(0UL, state.Current.Version.Version);
    }

    [Fact]
    public async Task Refresh_DescriptorsCome_NodesAreToldOfTheSameVersionInAnotherWay()
    {
        using var state = Open();
        var policy = Rule(1);
        policy.Rules[0].KeyFields.Add("key");
        policy.Rules[0].Tags.Add("object:{key}");
        await ApplyAsync(state, policy);
        Assert.Contains("until a descriptor says", Assert.Single(state.Current.Notes), StringComparison.Ordinal);
        Assert.NotEqual("", Assert.Single(state.Current.Effective.Rules).Fault);

        await state.RefreshAsync(default);
        var before = _regionLog.Head;
        _methods = new() { [Method] = Described };
        await state.RefreshAsync(default);

        var entry = Assert.Single(_regionLog.Feed.ReadAfter(before)!.Entries);
        Assert.Equal((1UL, "", true), (entry.EffectivePolicy.Version, entry.EffectivePolicy.Rules.Single().Fault, entry.EffectivePolicy.Rules.Single().Request.Complete));
        Assert.Empty(state.Current.Notes);

        // The origin goes away, and the Region starts anew: what was known stays in force.
        _methods = [];
        using var again = Open();
        await again.RefreshAsync(default);
        Assert.Equal(entry.PositionOf(), _regionLog.Head);
        Assert.Equal(entry.EffectivePolicy, again.Current.Effective);
    }

    [Fact]
    public async Task Refresh_MethodOptionWithoutAPolicy_IsFollowed()
    {
        _methods = new() { [Method] = Described with { Option = new CacheRule { Ttl = new Duration { Seconds = 9 } } }, ["a.B/C"] = Described with { Option = new CacheRule { Methods = { "x.Y/Z" } } } };
        using var state = Open();

        await state.RefreshAsync(default);

        Assert.Equal((0UL, Method), (state.Current.Version.Version, Assert.Single(state.Current.Effective.Rules).Pattern));
        Assert.Contains("a.B/C does not count", Assert.Single(state.Current.Notes), StringComparison.Ordinal);
    }

    private static Policy Rule(long ttl) => new() { Rules = { new CacheRule { Methods = { Method }, Ttl = new Duration { Seconds = ttl } } } };

    private static Task<(PolicyInForce InForce, bool IsNew, IReadOnlyList<PolicyFault>? Faults)> ApplyAsync(PolicyState state, Policy policy, string note = "") =>
        state.ApplyAsync(policy, baseVersion: null, note, validateOnly: false, default);

    private PolicyState Open() => new(_regionLog, () => _methods);

    private async Task DisposeStoreAsync()
    {
        await _store.DisposeAsync();
        await InitializeAsync();
    }
}
