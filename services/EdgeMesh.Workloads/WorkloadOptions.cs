using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Workloads;

/// <summary>How a replica's health is found out.</summary>
public enum HealthProbe
{
    /// <summary><c>grpc.health.v1.Health/Check</c>; a replica that answers UNIMPLEMENTED speaks gRPC and counts as well.</summary>
    Auto,

    /// <summary>The same, but only SERVING counts as well.</summary>
    Grpc,

    /// <summary>A TCP connection is taken.</summary>
    Tcp,
}

/// <summary>What a user says of a workload: a gRPC service, in any language, that a node runs as processes or knows by address. Immutable.</summary>
/// <remarks>It comes from the configuration of the node alone: no remote caller can name a program to run.</remarks>
public sealed record WorkloadOptions
{
    /// <summary>Most replicas of one workload.</summary>
    public const int MaxReplicas = 100;

    private const int MaxNameChars = 40;
    private const int MaxPrefixChars = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary>Prefixes of nodes' own services, which no workload can take.</summary>
    private static readonly string[] OwnPrefixes = ["edgemesh.v1.", "grpc.health.v1.", "grpc.reflection."];

    /// <summary>1 to 40 characters a-z, 0-9 and '-', a letter first: <c>shop</c>. Replicas are <c>shop-1</c>, <c>shop-2</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What full names of its services begin with: <c>shop.v1.</c>. The longest prefix wins. 1 or more.</summary>
    public required IReadOnlyList<string> ServicePrefixes { get; init; }

    /// <summary>Program and arguments, each as it is, without a shell; empty: it is registered by <see cref="Addresses"/>.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Where its replicas are, when others run them; empty: the node runs <see cref="Command"/>.</summary>
    public IReadOnlyList<ReplicaAddress> Addresses { get; init; } = [];

    /// <summary>How many processes run: 0 to <see cref="MaxReplicas"/>. Not looked at with <see cref="Addresses"/>. Default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Variables of the processes, over the node's own; those that begin with EDGEMESH_ are the node's and not passed on.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the processes run; null: where the node does.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The variable that names the port to listen on, on 127.0.0.1. Default <c>PORT</c>.</summary>
    public string PortVariable { get; init; } = "PORT";

    /// <summary>Availability Zones (failure domains) that replicas are spread over in turn; empty: the node's own.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    /// <summary>Directories that are kept across restarts.</summary>
    public IReadOnlyList<VolumeOptions> Volumes { get; init; } = [];

    /// <summary>Most memory of one replica with all its children; null: no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Most processor time of one replica, in processors: 0.5 is half of one; null: no limit.</summary>
    public double? Cpus { get; init; }

    /// <summary>How health is found out.</summary>
    public HealthProbe Health { get; init; }

    /// <summary>The service whose health is asked; empty: the server's as a whole.</summary>
    public string HealthService { get; init; } = "";

    /// <summary>How often a replica's health is asked. Default 1 s.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer to that may take. Default 1 s.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a process may be unwell, at its start or later, before it is ended and started anew. Default 60 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Wait before the first restart; it doubles with each, up to <see cref="MaxBackoff"/>, of which a random half to all is waited. Default 500 ms.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest wait before a restart; a replica that was well for as long begins anew. Default 30 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long calls may go on at a replica that is being taken out of service. Default 30 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From SIGTERM to SIGKILL. Default 10 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new replica's share of the calls takes to grow to its full. 0: it has it at once. Default 5 s.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Failures in a row (connection lost or refused, UNAVAILABLE) that take a replica out for a while; 0: none do. Default 5.</summary>
    public int EjectAfter { get; init; } = 5;

    /// <summary>How long the first ejection lasts; each further one of the same replica as much longer, up to ten times. Default 10 s.</summary>
    public TimeSpan EjectFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a replica's server reflection is asked for its services, for clients that ask the node's, and for what its methods declare. Default: it is not.</summary>
    public bool Reflection { get; init; }

    /// <summary>Methods that may be sent twice (<c>shop.v1.Catalog/Get</c>), beside those that descriptors declare NO_SIDE_EFFECTS.</summary>
    public IReadOnlyList<string> SafeMethods { get; init; } = [];

    /// <summary>Everything that is wrong, each to follow the workload's name.</summary>
    public IEnumerable<string> FindViolations()
    {
        if (Name.Length is 0 or > MaxNameChars || !char.IsAsciiLetterLower(Name[0]) || Name.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
        {
            yield return $"name must be 1 to {MaxNameChars} characters a-z, 0-9 and '-', a letter first, got \"{Name}\"";
        }

        if (ServicePrefixes.Count == 0)
        {
            yield return "services must name one prefix or more, like shop.v1.";
        }

        foreach (var prefix in ServicePrefixes)
        {
            if (prefix.Length is 0 or > MaxPrefixChars || prefix[0] == '.' || prefix.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '.' or '_')))
            {
                yield return $"services must have 1 to {MaxPrefixChars} characters a-z, A-Z, 0-9, '_' and '.' that begin a service's full name, got \"{prefix}\"";
            }
            else if (OwnPrefixes.FirstOrDefault(own => own.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(own, StringComparison.Ordinal)) is { } taken)
            {
                yield return $"services must not take the node's own services ({taken}), got \"{prefix}\"";
            }
        }

        if ((Command.Count == 0) == (Addresses.Count == 0))
        {
            yield return "must have either a command to run or addresses where it runs";
        }

        foreach (var address in Addresses.Where(address => !Upstream.IsAddress(address.Address)))
        {
            yield return $"addresses must be http or https URLs with host and port only, got \"{address.Address}\"";
        }

        foreach (var address in Addresses.Where(address => address.Weight is < ReplicaAddress.MinWeight or > ReplicaAddress.MaxWeight or double.NaN))
        {
            yield return $"weight must be {ReplicaAddress.MinWeight} to {ReplicaAddress.MaxWeight}, got {address.Weight}";
        }

        if (Replicas is < 0 or > MaxReplicas || Addresses.Count > MaxReplicas)
        {
            yield return $"replicas must be 0 to {MaxReplicas}, got {Math.Max(Replicas, Addresses.Count)}";
        }

        if (PortVariable.Length == 0 || PortVariable.Contains('=') || PortVariable.StartsWith("EDGEMESH_", StringComparison.Ordinal))
        {
            yield return $"port-variable must be a variable's name that does not begin with EDGEMESH_, got \"{PortVariable}\"";
        }

        if (MemoryBytes is < 1024 * 1024)
        {
            yield return $"memory must be 1 MiB or more, got {MemoryBytes} bytes";
        }

        if (Cpus is <= 0 or > 1024 or double.NaN)
        {
            yield return $"cpus must be above 0 and up to 1024, got {Cpus}";
        }

        if (EjectAfter is < 0 or > 1000)
        {
            yield return $"eject-after must be 0 to 1000, got {EjectAfter}";
        }

        foreach (var (key, time, least) in Times().Where(one => one.Time < one.Least || one.Time > Longest))
        {
            yield return $"{key} must be {least.TotalMilliseconds} ms to {Longest.TotalHours} h, got {time}";
        }

        foreach (var volume in Volumes)
        {
            if (volume.FindViolation() is { } violation)
            {
                yield return violation;
            }
        }

        foreach (var twice in Volumes.GroupBy(volume => volume.Variable).Where(group => group.Count() > 1))
        {
            yield return $"volumes has {twice.Count()} for the variable {twice.Key}: each must have a name of its own";
        }
    }

    private IEnumerable<(string Key, TimeSpan Time, TimeSpan Least)> Times() =>
    [
        ("health-interval", HealthInterval, TimeSpan.FromMilliseconds(10)),
        ("health-timeout", HealthTimeout, TimeSpan.FromMilliseconds(10)),
        ("start-timeout", StartTimeout, TimeSpan.FromMilliseconds(10)),
        ("min-backoff", MinBackoff, TimeSpan.FromMilliseconds(1)),
        ("max-backoff", MaxBackoff, MinBackoff),
        ("drain-timeout", DrainTimeout, TimeSpan.Zero),
        ("grace", Grace, TimeSpan.Zero),
        ("slow-start", SlowStart, TimeSpan.Zero),
        ("eject-for", EjectFor, TimeSpan.FromMilliseconds(1)),
    ];
}
