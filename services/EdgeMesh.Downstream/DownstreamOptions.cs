using System.Net;
using EdgeMesh.Admin;
using EdgeMesh.Admin.Access;
using EdgeMesh.Caching;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Probing.Peers;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Downstream;

/// <summary>What a user says of any node that joins a Region. Immutable.</summary>
public abstract class DownstreamOptions
{
    // A share that leaves room for calls in flight, connections and the runtime itself.
    private const int MemoryShare = 4;

    /// <summary>Says where its kind listens, unless it is told otherwise.</summary>
    private protected DownstreamOptions(string listen) => Listen = listen;

    /// <summary>Name, by the grammar of <see cref="Kind"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The Region: scheme, host and port; null: it asks another node.</summary>
    public Uri? Region { get; init; }

    /// <summary>Where it joins the Region: scheme, host and port; null: with a credential <see cref="Region"/> itself, without one the Region's admin listener on this machine.</summary>
    public Uri? RegionAdmin { get; init; }

    /// <summary>The token to join with; null: none, or that of <see cref="TokenFile"/>.</summary>
    public string? Token { get; init; }

    /// <summary>A file with the token to join with, read for every attempt; null: none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Where it listens: <c>ADDRESS:PORT</c>.</summary>
    public string Listen { get; init; }

    /// <summary>Where it is administered: <c>ADDRESS:PORT</c>; null: on loopback, at the port of <see cref="Listen"/> and 100.</summary>
    public string? AdminListen { get; init; }

    /// <summary>Budget of the cache in bytes, 1 MiB to 64 GiB, for everything that the cache holds; null: a quarter of the memory that this process may use.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Which cached answers stay when the budget is full. Default <see cref="LivePolicy.Default"/>.</summary>
    public LivePolicy CachePolicy { get; init; } = LivePolicy.Default;

    /// <summary>A file that requests for cached answers are noted in, as <see cref="TraceRecorder"/> says; null: none.</summary>
    public string? RecordTracePath { get; init; }

    /// <summary>Where it stands; null: where <see cref="Name"/> says, if that begins with a known location code.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Whose law holds there, as <see cref="Latency.Positions.Jurisdiction"/> says; null: not said.</summary>
    public string? Jurisdiction { get; init; }

    /// <summary>How many calls it can serve at once before they wait for one another, as it tells clients; 0: not said.</summary>
    public int Capacity { get; init; }

    /// <summary>Where other nodes and clients reach it; null: where it listens.</summary>
    public string? AdvertisedAddress { get; init; }

    /// <summary>PEM file with the certificate and its chain; null: cleartext HTTP/2.</summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>PEM file with the private key.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>PEM file with the roots whose client certificates open the role that they name; null: none do.</summary>
    public string? ClientAuthorityPath { get; init; }

    /// <summary>PEM file with the roots that may sign the Region's certificate; null: those that the system trusts.</summary>
    public string? RegionAuthorityPath { get; init; }

    /// <summary>Whether it may serve cleartext beyond loopback.</summary>
    public bool Insecure { get; init; }

    /// <summary>How often it probes each of its peers. Default 5 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = ProbingOptions.DefaultInterval;

    /// <summary>How long running calls may go on after a stop was asked for. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets a line for each call; null: nobody does. Its owner is the caller.</summary>
    public AccessLog? AccessLog { get; init; }

    /// <summary>Version of the program, as other nodes see it.</summary>
    public string Version { get; init; } = typeof(DownstreamOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The cache with the budget in force.</summary>
    internal SlabStoreOptions StoreOptions => new() { CapacityBytes = Effective(CacheBytes), CreatePolicy = bytes => CachePolicy.Create(bytes, new Random()) };

    /// <summary>The budget that <see cref="CacheBytes"/> stands for.</summary>
    internal static long Effective(long? bytes) => bytes ?? Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare, SlabStore.MinCapacityBytes, SlabStore.MaxCapacityBytes);

    /// <summary>Everything that a start would refuse before it takes a port; one line a fault, beginning with the option's name.</summary>
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

    /// <summary>The files of its certificate, and of whom it trusts.</summary>
    public TlsFiles TlsFiles => new(TlsCertificatePath, TlsKeyPath, ClientAuthorityPath, RegionAuthorityPath);

    /// <summary>What it is.</summary>
    internal abstract V1.NodeKind Kind { get; }

    /// <summary>What that is called in messages to people: <c>edge location</c>.</summary>
    internal abstract string KindText { get; }

    /// <summary>Of a Local Zone: its group; else empty.</summary>
    internal virtual string ZoneGroup => "";

    /// <summary>What it asks.</summary>
    internal virtual Uri Next => Region!;

    /// <summary>What <see cref="Next"/> is called in messages to people.</summary>
    internal virtual string NextText => "Region";

    /// <summary>Where it stands, by <see cref="Position"/> or else by its name; null: not known.</summary>
    internal GeoPosition? EffectivePosition => Position ?? LocationCodes.Find(Name)?.Position;

    private bool HasToken => Token is not null || TokenFile is not null;

    /// <summary>The token to join with; null: none.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">The file holds no token.</exception>
    internal string? ReadToken()
    {
        if (TokenFile is null)
        {
            return Token;
        }

        var text = File.ReadAllText(TokenFile).Trim();
        return TokenText.TryReadId(text, out _) ? text : throw new FormatException($"--token-file \"{TokenFile}\" holds no token emt_ID_SECRET");
    }

    /// <summary>Begins the recording that was asked for; null: none was.</summary>
    /// <exception cref="OptionsValidationException">The file cannot be written.</exception>
    internal TraceRecorder? StartTrace(TimeProvider time)
    {
        try
        {
            return RecordTracePath is null ? null : TraceRecorder.Start(RecordTracePath, time);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OptionsValidationException(GetType().Name, GetType(), [$"--record-trace \"{RecordTracePath}\" cannot be written: {failure.Message}"]);
        }
    }

    /// <summary>Checks everything.</summary>
    /// <exception cref="OptionsValidationException">One line a fault.</exception>
    internal (IPEndPoint EndPoint, IPEndPoint AdminEndPoint, TlsModel Tls, Uri JoinAddress) Validate()
    {
        var failures = new List<string>();
        var listenerFailures = new List<string>();
        var (endPoint, tls) = new ListenerOptions(Listen, TlsFiles, Insecure).Validate(listenerFailures);

        // What it may join with: a token, or a certificate that names a role; a mere server's is none.
        var hasCredential = HasToken || (Region?.Scheme == Uri.UriSchemeHttps && tls?.Certificate is { } own && CertificateRole.Read(own.TargetCertificate) is not null);
        if (NodeNames.FindViolation(Kind, Name) is { } name)
        {
            failures.Add($"--name {name}");
        }

        FindOwnFaults(failures);
        var (joinAddress, joinOption) = FindJoinAddress(hasCredential, failures);
        if (Token is not null && TokenFile is not null)
        {
            failures.Add("--token and --token-file are both given: one says who this node is");
        }

        if (Token is not null && !TokenText.TryReadId(Token, out _))
        {
            failures.Add("--token must be a token emt_ID_SECRET, got something else, which is not shown here");
        }

        if (HasToken && joinAddress is { Scheme: "http", IsLoopback: false } && !Insecure)
        {
            failures.Add($"{joinOption} {joinAddress.GetLeftPart(UriPartial.Authority)} is cleartext and beyond loopback, where the token could be read: use https, or --insecure");
        }

        if (CacheBytes is { } bytes && bytes is < SlabStore.MinCapacityBytes or > SlabStore.MaxCapacityBytes)
        {
            failures.Add($"--cache-bytes must be {SlabStore.MinCapacityBytes} to {SlabStore.MaxCapacityBytes}, got {bytes}");
        }

        if (Jurisdiction is not null && Latency.Positions.Jurisdiction.FindViolation(Jurisdiction) is { } jurisdiction)
        {
            failures.Add($"--jurisdiction {jurisdiction}, got \"{Jurisdiction}\"");
        }

        if (AdvertisedAddress is not null && !Upstream.IsAddress(AdvertisedAddress))
        {
            failures.Add($"--advertise {Upstream.AddressRule}, got \"{AdvertisedAddress}\"");
        }

        failures.AddRange(listenerFailures);
        var adminEndPoint = new AdminListenerOptions(AdminListen, TlsCertificatePath is not null, Insecure).Validate(endPoint, failures);
        return failures.Count == 0 ? (endPoint!, adminEndPoint!, tls!, joinAddress!) : throw new OptionsValidationException(GetType().Name, GetType(), failures);
    }

    /// <summary>What is wrong with the options that only its kind has.</summary>
    internal virtual void FindOwnFaults(List<string> failures)
    {
    }

    /// <summary>Where it joins, and the option that says so: its Region, unless its kind may ask another node.</summary>
    internal virtual (Uri? Address, string Option) FindJoinAddress(bool hasCredential, List<string> failures)
    {
        if (Region is null)
        {
            failures.Add("--region must be given: what this node asks");
            return (null, "--region");
        }

        if (!Upstream.IsAddress(Region))
        {
            failures.Add($"--region {Upstream.AddressRule}, like http://127.0.0.1:6400, got \"{Region}\"");
            return (null, "--region");
        }

        if (RegionAdmin is null && !hasCredential && !Region.IsLoopback)
        {
            failures.Add($"--region {Region.GetLeftPart(UriPartial.Authority)} is beyond loopback: give --token-file with a token of the role edge (edgemesh token create --role edge), a --tls-cert that names the role edge (edgemesh cert create), or --region-admin");
        }

        if (RegionAdmin is not null && !Upstream.IsAddress(RegionAdmin))
        {
            failures.Add($"--region-admin {Upstream.AddressRule}, like http://127.0.0.1:6500, got \"{RegionAdmin}\"");
        }

        return RegionAdmin is not null ? (RegionAdmin, "--region-admin")
            : (hasCredential ? Region : new UriBuilder(Region) { Port = Region.Port + AdminListenerOptions.PortDistance }.Uri, "--region");
    }
}
