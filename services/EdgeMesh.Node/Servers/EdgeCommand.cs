using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.EdgeLocation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh edge</c>.</summary>
internal sealed class EdgeCommand : ServerCommand
{
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "The edge location's name, such as LHR50-1. LHR50-*: with a number drawn at random, for replicas that nobody names one by one.");
    private readonly Option<Uri?> _region = CliOption.Value<Uri?>("--region", "URL", "The Region that it caches for; it may start later than this node. This or --upstream must be given.", TargetAddress.TryRead);
    private readonly Option<Uri?> _upstream = CliOption.Value<Uri?>("--upstream", "URL", "Another edge location that it asks in place of the Region, and that joins the mesh for it (a shield).", TargetAddress.TryRead);
    private readonly Option<Uri?> _upstreamAdmin = CliOption.Value<Uri?>("--upstream-admin", "URL", "The admin listener of --upstream, where it joins; default: the one on this machine, at the port of --upstream and 100.", TargetAddress.TryRead);
    private readonly Option<Uri?> _regionAdmin = CliOption.Value<Uri?>("--region-admin", "URL", "Where it joins the Region; default: --region itself with a token or a certificate that names a role, and without one the Region's admin listener on this machine, at the port of --region and 100.", TargetAddress.TryRead);
    private readonly Option<string?> _regionAuthority = CliOption.Text("--region-ca", "FILE", "Trust a Region whose certificate one of these roots signed, PEM; default: whom the system trusts.");
    private readonly TokenOptions _token;
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where it takes calls; port 0: any free one.", PlainText.TryRead, "127.0.0.1:6401");
    private readonly Option<ByteSize?> _cacheBytes = CliOption.Value<ByteSize?>("--cache-bytes", "SIZE", "Budget of the cache, such as 512MiB; default: a quarter of the memory that the process may use.", ByteSize.TryReadOptional);
    private readonly Option<LivePolicy> _cachePolicy = CliOption.Value("--cache-policy", "NAME", "Which cached answers stay when the budget is full: density:A, from 1 (fewest calls to the origin) to 0 (least traffic from it), or s3-fifo.", TryReadPolicy, LivePolicy.Default);
    private readonly Option<string?> _recordTrace = CliOption.Text("--record-trace", "FILE", "Notes which cached answers are asked for, as keyed hashes and sizes, for edgemesh cache simulate --format own; 16 bytes a request.");
    private readonly PlaceOptions _place;
    private readonly Option<string?> _advertise = CliOption.Text("--advertise", "URL", "Where others reach it, when that is not where it listens.");

    // Drawn once: the name stays the same when the options are read again.
    private readonly int _drawnNumber;

    /// <summary>Creates the command.</summary>
    public EdgeCommand(Terminal terminal, Interruption interruption, GivenOptions given, Random random)
        : base(
            "edge",
            "Runs an edge location: it relays any method of any service to its Region, and caches answers that say they may be cached.",
            [
                "edgemesh edge --name LHR50-1 --region http://127.0.0.1:6400",
                "edgemesh edge --name CDG50-1 --region http://127.0.0.1:6400 --listen 127.0.0.1:6402 --cache-bytes 512MiB",
                "edgemesh edge --name MAN50-1 --upstream http://127.0.0.1:6401 --listen 127.0.0.1:6403",
                "edgemesh edge --config edgemesh.yaml --name CDG50-1 --listen 127.0.0.1:6402",
            ],
            terminal,
            interruption,
            given)
    {
        _drawnNumber = random.Next(1, 1000);
        Add(_name);
        Add(_region);
        Add(_regionAdmin);
        Add(_upstream);
        Add(_upstreamAdmin);
        Add(_regionAuthority);
        _token = new(this, "Joins");
        Add(_listen);
        Add(_cacheBytes);
        Add(_cachePolicy);
        Add(_recordTrace);
        Add(_advertise);
        _place = new(this, "default: by its name, if that begins with a known code.");
        Server.AddTo(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StandIns => ["--name=LHR50-1", "--region=http://127.0.0.1:6400"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindFaults(ParseResult parsed) => Read(parsed).FindFaults();

    /// <inheritdoc/>
    protected override async Task<StartedNode> StartAsync(ParseResult parsed, NodeLogging logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        var node = await EdgeLocationNode.StartAsync(Read(parsed), logging.Configure, configuration, cancellationToken);
        return new(node.Address, node.AdminAddress, node.SetShutdownTimeout, node.StopAsync, node)
        {
            Live =
            [
                new([_cacheBytes], changed => node.SetCacheBytes(changed.GetValue(_cacheBytes)?.Bytes)),
                new([.. Server.TlsOptions, _regionAuthority], changed => node.SetTls(Read(changed).TlsFiles)),
            ],
        };
    }

    private EdgeLocationOptions Read(ParseResult parsed) => new()
    {
        Name = WithNumber(parsed.GetRequiredValue(_name)),
        Region = parsed.GetValue(_region),
        Upstream = parsed.GetValue(_upstream),
        UpstreamAdmin = parsed.GetValue(_upstreamAdmin),
        RegionAdmin = parsed.GetValue(_regionAdmin),
        RegionAuthorityPath = parsed.GetValue(_regionAuthority),
        Token = _token.Token(parsed),
        TokenFile = _token.TokenFile(parsed),
        Listen = parsed.GetRequiredValue(_listen),
        CacheBytes = parsed.GetValue(_cacheBytes)?.Bytes,
        CachePolicy = parsed.GetRequiredValue(_cachePolicy),
        RecordTracePath = parsed.GetValue(_recordTrace),
        Position = _place.Position(parsed),
        Jurisdiction = _place.Jurisdiction(parsed),
        AdvertisedAddress = parsed.GetValue(_advertise),
        AdminListen = Server.AdminListen(parsed),
        TlsCertificatePath = Server.TlsCertificate(parsed),
        TlsKeyPath = Server.TlsKey(parsed),
        ClientAuthorityPath = Server.ClientAuthority(parsed),
        Insecure = Server.Insecure(parsed),
        Capacity = Server.Capacity(parsed),
        ShutdownTimeout = Server.ShutdownTimeout(parsed),
        AccessLog = AccessLog,
    };

    private static bool TryReadPolicy(string text, [MaybeNullWhen(false)] out LivePolicy policy, out string error)
    {
        error = $"want {LivePolicy.Wanted}";
        return LivePolicy.TryRead(text, out policy);
    }

    private string WithNumber(string name) => name.EndsWith("-*", StringComparison.Ordinal) ? $"{name[..^1]}{_drawnNumber}" : name;
}
