using EdgeMesh.Probing.Messages;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Topology;

/// <summary>What became of an attempt to join.</summary>
internal enum JoinOutcome
{
    /// <summary>The node belongs to the mesh.</summary>
    Joined,

    /// <summary>Another live node, at another address, has the name.</summary>
    NameTaken,

    /// <summary>The mesh has as many nodes as it may have, and none of them is lost.</summary>
    MeshFull,
}

/// <summary>Who belongs to the mesh of a Region, present or lately lost, under a version that grows with every change.</summary>
/// <remarks>
/// Thread-safe: one lock owns all of it. <see cref="TopologyGrpcService"/> joins nodes and passes on their reports; a report alone is
/// no change. Each node has one timer: while it is present, for its silence; while it is lost, for its being forgotten. Snapshots are
/// built when first asked for, so that a burst of changes costs one.
/// </remarks>
internal sealed class TopologyState : IDisposable
{
    /// <summary>Most bytes of method shapes in a topology: beside 5,000 nodes they must fit a message of 4 MiB.</summary>
    internal const int MaxMethodBytes = 1 << 20;

    /// <summary>Most prefixes of services that one Local Zone has told.</summary>
    internal const int MaxPlacedServices = 256;

    // As long as a workload's prefix may be.
    private const int MaxPlacedServiceChars = 200;

    // Less is no wait for a timer.
    private static readonly TimeSpan MinWait = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Membership> _members = new(StringComparer.Ordinal);
    private readonly TopologyOptions _options;
    private readonly Func<IReadOnlyList<MethodShape>> _methodSource;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly NodeInfo _region;
    private IReadOnlyList<MethodShape> _methods = [];
    private IReadOnlyList<TokenDigest> _tokens = [];
    private IReadOnlyDictionary<string, bool> _zoneGroups = new Dictionary<string, bool>();
    private ulong _version;
    private long _joins;
    private TopologySnapshot? _snapshot;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts with the Region alone.</summary>
    /// <param name="options">The Region's own.</param>
    /// <param name="methods">The shapes of all methods known now: read here, and at every <see cref="RefreshMethods"/>.</param>
    /// <param name="time">The clock for silence and for forgetting.</param>
    /// <param name="log">Joins and losses.</param>
    public TopologyState(TopologyOptions options, Func<IReadOnlyList<MethodShape>> methods, TimeProvider time, ILogger<TopologyState> log)
    {
        (_options, _methodSource, _time, _log) = (options, methods, time, log);
        _region = new NodeInfo
        {
            Name = options.RegionName,
            Kind = NodeKind.Region,
            State = NodeState.Ready,
            Version = options.Version,
            Position = options.Position?.ToMessage(),
            Jurisdiction = options.Jurisdiction,
            JoinTime = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        RefreshMethods();
    }

    /// <summary>Says where the Region's data listener is reached: known only once it listens.</summary>
    public void SetRegionAddress(string address)
    {
        lock (_gate)
        {
            _region.Address = address;
            ChangeLocked();
        }
    }

    /// <summary>Says whether the Region itself takes no new calls.</summary>
    public void SetRegionDraining(bool isDraining)
    {
        var state = isDraining ? NodeState.Draining : NodeState.Ready;
        lock (_gate)
        {
            if (_region.State != state)
            {
                _region.State = state;
                ChangeLocked();
            }
        }
    }

    /// <summary>Reads the shapes of methods again, for instance after an origin's reflection answered.</summary>
    public void RefreshMethods()
    {
        var methods = Fitting(_methodSource());
        lock (_gate)
        {
            if (_version == 0 || !_methods.SequenceEqual(methods))
            {
                _methods = methods;
                ChangeLocked();
            }
        }
    }

    /// <summary>Says which tokens are in service.</summary>
    /// <param name="tokens">Kept: not to be changed afterwards.</param>
    public void SetTokens(IReadOnlyList<TokenDigest> tokens)
    {
        lock (_gate)
        {
            _tokens = tokens;
            ChangeLocked();
        }
    }

    /// <summary>Says which groups of Local Zones are known, and whether each is opted into.</summary>
    /// <param name="groups">Kept: not to be changed afterwards.</param>
    public void SetZoneGroups(IReadOnlyDictionary<string, bool> groups)
    {
        lock (_gate)
        {
            _zoneGroups = groups;
            ChangeLocked();
        }
    }

    /// <summary>The topology as it is now.</summary>
    public TopologySnapshot GetSnapshot()
    {
        lock (_gate)
        {
            if (_snapshot is null)
            {
                var message = new JoinResponse
                {
                    Region = _options.RegionName,
                    Version = _version,
                    HeartbeatInterval = Duration.FromTimeSpan(_options.HeartbeatInterval),
                };
                message.Nodes.AddRange(NodesLocked(withReports: false));
                message.Methods.AddRange(_methods);
                message.Tokens.AddRange(_tokens);
                _snapshot = new TopologySnapshot(message, _changed.Task);
            }

            return _snapshot;
        }
    }

    /// <summary>The Region, then every node by kind and name, with what it last counted. The caller's own copy.</summary>
    public IReadOnlyList<NodeInfo> ListNodes()
    {
        var own = _options.Report?.Invoke();
        lock (_gate)
        {
            var nodes = NodesLocked(withReports: true);
            nodes[0].Report = own;
            return nodes;
        }
    }

    /// <summary>How often nodes joined, again included, since the Region's process started.</summary>
    public long Joins
    {
        get
        {
            lock (_gate)
            {
                return _joins;
            }
        }
    }

    /// <summary>How many nodes are in each state, the Region aside.</summary>
    public IReadOnlyDictionary<NodeState, long> CountNodes()
    {
        lock (_gate)
        {
            return _members.Values.CountBy(member => member.Info.State).ToDictionary(count => count.Key, count => (long)count.Value);
        }
    }

    /// <summary>Lets a node in.</summary>
    /// <remarks>
    /// A node whose stream broke may be back before the Region knows that the old one is dead:
    /// (1) edge: its connection breaks without a FIN reaching the Region; (2) edge: opens another and says hello;
    /// (3) Region: still counts the old stream as live. So a hello from the same address replaces the former self at once (one process
    /// listens there), and one from elsewhere as soon as the former missed a heartbeat. Else the name is taken.
    /// </remarks>
    /// <param name="hello">Checked by <see cref="HelloRules"/>.</param>
    /// <param name="membership">Set when the outcome is <see cref="JoinOutcome.Joined"/>.</param>
    public JoinOutcome Join(JoinRequest.Types.Hello hello, out Membership? membership)
    {
        lock (_gate)
        {
            membership = null;
            if (_members.TryGetValue(hello.Name, out var former))
            {
                if (!former.IsLost && former.Info.Address != hello.Address && !MissedHeartbeatLocked(former))
                {
                    return JoinOutcome.NameTaken;
                }

                RemoveLocked(former, MembershipEnd.Replaced);
            }
            else if (_members.Count >= _options.MaxNodes)
            {
                if (_members.Values.Where(m => m.IsLost).MinBy(m => m.HeardTimestamp) is not { } longestLost)
                {
                    return JoinOutcome.MeshFull;
                }

                RemoveLocked(longestLost, MembershipEnd.Silent);
            }

            var now = Timestamp.FromDateTimeOffset(_time.GetUtcNow());
            membership = new Membership(new NodeInfo
            {
                Name = hello.Name,
                Kind = hello.Kind,
                Address = hello.Address,
                Version = hello.Version,
                Position = hello.Position,
                Jurisdiction = hello.Jurisdiction,
                Upstream = hello.Via.Count > 0 ? hello.Via[0] : "",
                ZoneGroup = ZoneGroupOf(hello),
                State = NodeState.Ready,
                JoinTime = now,
                ReportTime = now,
            })
            {
                HeardTimestamp = _time.GetTimestamp(),
            };
            membership.Timer = _time.CreateTimer(OnTimer, membership, _options.SilenceLimit, Timeout.InfiniteTimeSpan);
            _members[hello.Name] = membership;
            ChangeLocked();
            _joins++;
            _log.NodeJoined(hello.Name, hello.Address, former is null ? "" : " again");
            return JoinOutcome.Joined;
        }
    }

    /// <summary>Takes a node's report. One of an ended membership is ignored.</summary>
    /// <param name="membership">The sender.</param>
    /// <param name="report">Kept: not to be changed afterwards.</param>
    public void Report(Membership membership, NodeReport report)
    {
        lock (_gate)
        {
            if (membership.Ended.IsCompleted)
            {
                return;
            }

            TakePlacedServicesLocked(membership, report);
            membership.Report = report;
            membership.HeardTimestamp = _time.GetTimestamp();
            membership.Info.ReportTime = Timestamp.FromDateTimeOffset(_time.GetUtcNow());
            membership.Timer!.Change(_options.SilenceLimit, Timeout.InfiniteTimeSpan);
            var state = report.Draining ? NodeState.Draining : NodeState.Ready;
            if (membership.Info.State != state)
            {
                membership.Info.State = state;
                ChangeLocked();
                _log.NodeStateChanged(membership.Info.Name, report.Draining ? "draining" : "ready");
            }
        }
    }

    /// <summary>Completes when a node says, after now, how far in the log it is. That is no change of the topology.</summary>
    public Task Acknowledged
    {
        get
        {
            lock (_gate)
            {
                return _acknowledged.Task;
            }
        }
    }

    /// <summary>Takes note of how far in the log a node is. From an ended membership it is ignored.</summary>
    /// <param name="membership">The sender.</param>
    /// <param name="applied">Kept: not to be changed afterwards.</param>
    public void Acknowledge(Membership membership, LogPosition applied)
    {
        lock (_gate)
        {
            if (membership.Ended.IsCompleted)
            {
                return;
            }

            membership.Applied = applied;
            _acknowledged.TrySetResult();
            _acknowledged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Takes note that a node's stream ended. One that was draining has left for good; any other is lost.</summary>
    public void Leave(Membership membership)
    {
        lock (_gate)
        {
            if (membership.Ended.IsCompleted)
            {
                return;
            }

            if (membership.Info.State == NodeState.Draining)
            {
                RemoveLocked(membership, MembershipEnd.StreamEnded);
                ChangeLocked();
                _log.NodeLeft(membership.Info.Name);
            }
            else
            {
                LoseLocked(membership, MembershipEnd.StreamEnded);
                _log.NodeLost(membership.Info.Name, "its stream ended");
            }
        }
    }

    /// <summary>The group of a Local Zone that says hello; empty for other nodes.</summary>
    internal static string ZoneGroupOf(JoinRequest.Types.Hello hello) =>
        hello.Kind != NodeKind.LocalZone ? "" : hello.ZoneGroup.Length > 0 ? hello.ZoneGroup : NodeNames.ZoneGroupOf(hello.Name);

    /// <summary>Stops all timers.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var member in _members.Values)
            {
                member.Timer!.Dispose();
            }
        }
    }

    private void OnTimer(object? state)
    {
        var membership = (Membership)state!;
        lock (_gate)
        {
            if (!_members.TryGetValue(membership.Info.Name, out var current) || current != membership)
            {
                return;
            }

            // A report, or the loss, may have set the timer again while this callback waited for the lock; and the system's timers run by a
            // coarser clock than its timestamps, so that one may fire some milliseconds early.
            var limit = membership.IsLost ? _options.LostRetention : _options.SilenceLimit;
            var left = limit - _time.GetElapsedTime(membership.HeardTimestamp);
            if (left > TimeSpan.Zero)
            {
                membership.Timer!.Change(left < MinWait ? MinWait : left, Timeout.InfiniteTimeSpan);
                return;
            }

            if (membership.IsLost)
            {
                RemoveLocked(membership, MembershipEnd.Silent);
                ChangeLocked();
            }
            else
            {
                LoseLocked(membership, MembershipEnd.Silent);
                _log.NodeLost(membership.Info.Name, "no report came for three heartbeat intervals");
            }
        }
    }

    /// <summary>One and a half intervals without a report: the half is for the network's and the schedulers' delays.</summary>
    private bool MissedHeartbeatLocked(Membership member) => _time.GetElapsedTime(member.HeardTimestamp) > 1.5 * _options.HeartbeatInterval;

    private void LoseLocked(Membership membership, MembershipEnd why)
    {
        membership.Info.State = NodeState.Lost;
        membership.HeardTimestamp = _time.GetTimestamp();
        membership.Timer!.Change(_options.LostRetention, Timeout.InfiniteTimeSpan);
        membership.End(why);
        ChangeLocked();
    }

    private void RemoveLocked(Membership membership, MembershipEnd why)
    {
        _members.Remove(membership.Info.Name);
        membership.Timer!.Dispose();
        membership.End(why);
    }

    private void ChangeLocked()
    {
        _version++;
        _snapshot = null;
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void TakePlacedServicesLocked(Membership membership, NodeReport report)
    {
        var placed = report.PlacedServices.Where(prefix => membership.Info.Kind == NodeKind.LocalZone && prefix.Length is > 0 and <= MaxPlacedServiceChars).Take(MaxPlacedServices).ToList();
        report.PlacedServices.Clear();
        if (!placed.SequenceEqual(membership.Info.PlacedServices))
        {
            membership.Info.PlacedServices.Clear();
            membership.Info.PlacedServices.AddRange(placed);
            ChangeLocked();
            _log.ServicesPlaced(membership.Info.Name, string.Join(", ", placed));
        }
    }

    private List<NodeInfo> NodesLocked(bool withReports)
    {
        var region = _region.Clone();
        region.ReportTime = Timestamp.FromDateTimeOffset(_time.GetUtcNow());
        var nodes = new List<NodeInfo>(_members.Count + 1) { region };
        foreach (var member in _members.Values.OrderBy(m => m.Info.Kind).ThenBy(m => m.Info.Name, StringComparer.Ordinal))
        {
            var node = member.Info.Clone();
            node.ZoneGroupEnabled = node.ZoneGroup.Length > 0 && _zoneGroups.GetValueOrDefault(node.ZoneGroup);
            if (withReports)
            {
                node.Report = member.Report?.Clone();
                node.Applied = member.Applied;
            }

            nodes.Add(node);
        }

        return nodes;
    }

    private List<MethodShape> Fitting(IReadOnlyList<MethodShape> methods)
    {
        var fitting = new List<MethodShape>(methods.Count);
        var bytes = 0;
        foreach (var method in methods)
        {
            // 4: the field's tag and length, for a method's name of ordinary length.
            bytes += method.CalculateSize() + 4;
            if (bytes > MaxMethodBytes)
            {
                _log.MethodsCut(methods.Count, fitting.Count);
                break;
            }

            fitting.Add(method);
        }

        return fitting;
    }
}
