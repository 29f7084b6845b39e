using System.Net;
using EdgeMesh.Admin;
using EdgeMesh.Introspection;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Samples;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Region.Measurements;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Storage;
using EdgeMesh.Workloads;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Region;

/// <summary>What a user says of a Region. Immutable.</summary>
public sealed class RegionOptions
{
    /// <summary>Name, like <c>eu-west-2</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it listens: <c>ADDRESS:PORT</c>. Default <c>127.0.0.1:6400</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:6400";

    /// <summary>Where it is administered: <c>ADDRESS:PORT</c>; null: on loopback, at the port of <see cref="Listen"/> and 100.</summary>
    public string? AdminListen { get; init; }

    /// <summary>Directory for all that it keeps; created when missing.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where it stands; null: not said.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Whose law holds there, as <see cref="Latency.Positions.Jurisdiction"/> says; null: not said.</summary>
    public string? Jurisdiction { get; init; }

    /// <summary>How many calls it can serve at once before they wait for one another, as it tells clients; 0: not said.</summary>
    public int Capacity { get; init; }

    /// <summary>Where other nodes and clients reach it; null: where it listens.</summary>
    public string? AdvertisedAddress { get; init; }

    /// <summary>The user's services behind it, each under another prefix.</summary>
    public IReadOnlyList<OriginOptions> Origins { get; init; } = [];

    /// <summary>The user's services that it runs, or knows by address, and balances.</summary>
    public IReadOnlyList<WorkloadOptions> Workloads { get; init; } = [];

    /// <summary>The Availability Zone (failure domain) that it stands in, and its workloads with it; null: not said.</summary>
    public string? AvailabilityZone { get; init; }

    /// <summary>A file with a token of the role edge, which is in service as long as the file holds it; made when missing. Null: none.</summary>
    public string? EdgeTokenFile { get; init; }

    /// <summary>Groups of Local Zones that are opted into from the start, unless the data directory knows them already.</summary>
    public IReadOnlyList<string> ZoneGroups { get; init; } = [];

    /// <summary>PEM file with the certificate and its chain; null: cleartext HTTP/2.</summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>PEM file with the private key.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>PEM file with the roots whose client certificates open the role that they name; null: none do.</summary>
    public string? ClientAuthorityPath { get; init; }

    /// <summary>Whether it may serve cleartext beyond loopback.</summary>
    public bool Insecure { get; init; }

    /// <summary><c>cache-control</c> of objects that have none of their own; null: the store's default.</summary>
    public string? DefaultCacheControl { get; init; }

    /// <summary>What clients are promised: 99 in 100 round trips to the node that they chose take less. Up to 60 s, default 10 ms.</summary>
    public TimeSpan LatencyObjective { get; init; } = Objectives.DefaultTarget;

    /// <summary>How often it probes each of its peers. Default 5 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = ProbingOptions.DefaultInterval;

    /// <summary>How long running calls may go on after a stop was asked for. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets a line for each call; null: nobody does. Its owner is the caller.</summary>
    public AccessLog? AccessLog { get; init; }

    /// <summary>Version of the program, as other nodes see it.</summary>
    public string Version { get; init; } = typeof(RegionOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Everything that a start would refuse before it takes a port or touches its data; one line a fault, beginning with the option's name.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        try
        {
            Validate();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }

    /// <summary>The files of its certificate, and of whom it trusts: the nodes that it probes show what they join with.</summary>
    public TlsFiles TlsFiles => new(TlsCertificatePath, TlsKeyPath, ClientAuthorityPath, ClientAuthorityPath);

    /// <summary>What it says of its workloads.</summary>
    internal WorkloadSettings WorkloadSettings => new() { Node = Name, Zone = AvailabilityZone, DataDirectory = DataDirectory, Workloads = Workloads };

    /// <summary>Checks everything.</summary>
    /// <exception cref="OptionsValidationException">One line a fault.</exception>
    internal (IPEndPoint EndPoint, IPEndPoint AdminEndPoint, TlsModel Tls) Validate()
    {
        var failures = new List<string>();
        if (NodeNames.FindViolation(V1.NodeKind.Region, Name) is { } name)
        {
            failures.Add($"--name {name}");
        }

        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            failures.Add("--data must name a directory");
        }
        else if (File.Exists(DataDirectory))
        {
            failures.Add($"--data must name a directory, \"{DataDirectory}\" is a file");
        }

        if (DefaultCacheControl is not null && ObjectStoreOptions.FindCacheControlViolation(DefaultCacheControl) is { } cacheControl)
        {
            failures.Add($"--default-cache-control {cacheControl}");
        }

        if (LatencyObjective <= TimeSpan.Zero || LatencyObjective > DDSketch.Highest)
        {
            failures.Add($"--latency-objective must be above 0 and up to {DDSketch.Highest.TotalSeconds} s, got {LatencyObjective.TotalSeconds} s");
        }

        if (Jurisdiction is not null && Latency.Positions.Jurisdiction.FindViolation(Jurisdiction) is { } jurisdiction)
        {
            failures.Add($"--jurisdiction {jurisdiction}, got \"{Jurisdiction}\"");
        }

        if (AdvertisedAddress is not null && !Relay.Upstreams.Upstream.IsAddress(AdvertisedAddress))
        {
            failures.Add($"--advertise {Relay.Upstreams.Upstream.AddressRule}, got \"{AdvertisedAddress}\"");
        }

        foreach (var group in ZoneGroups)
        {
            if (!NodeNames.IsZoneGroup(group))
            {
                failures.Add($"--zone-group {NodeNames.ZoneGroupRule}, got {NodeNames.Quote(group)}");
            }
            else if (NodeNames.ParentOf(group) != Name)
            {
                failures.Add($"--zone-group must begin with this Region's name, {Name}, got {NodeNames.Quote(group)}");
            }
        }

        foreach (var origin in Origins)
        {
            if (origin.FindViolation() is { } violation)
            {
                failures.Add($"--origin {violation}");
            }

            if (origin.DescriptorSetPath is { } path && FindDescriptorFault(path) is { } fault)
            {
                failures.Add($"--origin-descriptors {fault}");
            }
        }

        foreach (var twice in Origins.GroupBy(origin => origin.ServicePrefix).Where(group => group.Count() > 1))
        {
            failures.Add($"--origin has the prefix \"{twice.Key}\" {twice.Count()} times: each must have one of its own");
        }

        failures.AddRange(WorkloadSettings.FindFaults());
        var (endPoint, tls) = new ListenerOptions(Listen, TlsFiles, Insecure).Validate(failures);
        var adminEndPoint = new AdminListenerOptions(AdminListen, TlsCertificatePath is not null, Insecure).Validate(endPoint, failures);
        return failures.Count == 0 ? (endPoint!, adminEndPoint!, tls!) : throw new OptionsValidationException("Region", typeof(RegionOptions), failures);
    }

    private static string? FindDescriptorFault(string path)
    {
        try
        {
            DescriptorPool.Load(path);
            return null;
        }
        catch (DescriptorException exception)
        {
            return exception.Message;
        }
    }
}
