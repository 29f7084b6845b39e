using System.CommandLine;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.EdgeLocation;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh edge</c>.</summary>
internal sealed class EdgeCommand : ServerCommand
{
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "The edge location's name, such as LHR50-1. LHR50-*: with a number drawn at random, for replicas that nobody names one by one.");
    private readonly Option<Uri?> _region = CliOption.Value<Uri?>("--region", "URL", "The Region that it caches for; it may start later than this node. This or --upstream must be given.", TargetAddress.TryRead);
    private readonly Option<Uri?> _upstream = CliOption.Value<Uri?>("--upstream", "URL", "Another edge location (a shield), or a Local Zone, that it asks in place of the Region, and that joins the mesh for it.", TargetAddress.TryRead);
    private readonly Option<Uri?> _upstreamAdmin = CliOption.Value<Uri?>("--upstream-admin", "URL", "The admin listener of --upstream, where it joins; default: the one on this machine, at the port of --upstream and 100.", TargetAddress.TryRead);
    private readonly JoiningOptions _joining;
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where it takes calls; port 0: any free one.", PlainText.TryRead, "127.0.0.1:6401");
    private readonly CacheOptions _cache;
    private readonly PlaceOptions _place;

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
        Add(_upstream);
        Add(_upstreamAdmin);
        _joining = new(this);
        Add(_listen);
        _cache = new(this);
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
        return new(node.Address, node.AdminAddress, node.SetShutdownTimeout, node.StopAsync, node.Failure, node)
        {
            Live =
            [
                new([_cache.BytesOption], changed => node.SetCacheBytes(_cache.Bytes(changed))),
                new([.. Server.TlsOptions, _joining.RegionAuthorityOption], changed => node.SetTls(Read(changed).TlsFiles)),
            ],
        };
    }

    private EdgeLocationOptions Read(ParseResult parsed) => new()
    {
        Name = WithNumber(parsed.GetRequiredValue(_name)),
        Region = parsed.GetValue(_region),
        Upstream = parsed.GetValue(_upstream),
        UpstreamAdmin = parsed.GetValue(_upstreamAdmin),
        RegionAdmin = _joining.RegionAdmin(parsed),
        RegionAuthorityPath = _joining.RegionAuthority(parsed),
        Token = _joining.Token(parsed),
        TokenFile = _joining.TokenFile(parsed),
        Listen = parsed.GetRequiredValue(_listen),
        CacheBytes = _cache.Bytes(parsed),
        CachePolicy = _cache.Policy(parsed),
        RecordTracePath = _cache.RecordTrace(parsed),
        Position = _place.Position(parsed),
        Jurisdiction = _place.Jurisdiction(parsed),
        AdvertisedAddress = _joining.Advertise(parsed),
        AdminListen = Server.AdminListen(parsed),
        TlsCertificatePath = Server.TlsCertificate(parsed),
        TlsKeyPath = Server.TlsKey(parsed),
        ClientAuthorityPath = Server.ClientAuthority(parsed),
        Insecure = Server.Insecure(parsed),
        Capacity = Server.Capacity(parsed),
        ShutdownTimeout = Server.ShutdownTimeout(parsed),
        AccessLog = AccessLog,
    };

    private string WithNumber(string name) => name.EndsWith("-*", StringComparison.Ordinal) ? $"{name[..^1]}{_drawnNumber}" : name;
}
