using System.CommandLine;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.LocalZone;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Node.Workloads;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh zone</c>.</summary>
internal sealed class ZoneCommand : ServerCommand
{
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "The Local Zone's name: its Region's, a place and a letter, such as eu-west-2-man-1a.");
    private readonly Option<Uri> _region = CliOption.Required<Uri>("--region", "URL", "The Region that it extends; it may start later than this node.", TargetAddress.TryRead);
    private readonly Option<string?> _group = CliOption.Text("--group", "NAME", "The zone group that it belongs to; default: its name without the last letter, eu-west-2-man-1.");
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where it takes calls; port 0: any free one.", PlainText.TryRead, "127.0.0.1:6411");
    private readonly Option<string?> _data = CliOption.Text("--data", "DIR", "Where it keeps whether its group is enabled, for a start without its Region, and what its workloads were scaled to; created if need be. Default: nowhere.");
    private readonly WorkloadArguments _workloads;
    private readonly JoiningOptions _joining;
    private readonly CacheOptions _cache;
    private readonly PlaceOptions _place;

    /// <summary>Creates the command.</summary>
    public ZoneCommand(Terminal terminal, Interruption interruption, GivenOptions given)
        : base(
            "zone",
            "Runs a Local Zone: it answers calls to the services placed in it, once its group is enabled (edgemesh zones), and passes all others on to its Region.",
            [
                "edgemesh zone --name eu-west-2-man-1a --region http://127.0.0.1:6400",
                "edgemesh zone --name eu-west-2-man-1b --region http://127.0.0.1:6400 --listen 127.0.0.1:6412 --data ./zone-data",
                "edgemesh zone --config edgemesh.yaml",
            ],
            terminal,
            interruption,
            given)
    {
        Add(_name);
        Add(_region);
        Add(_group);
        Add(_listen);
        Add(_data);
        _workloads = new(this);
        _joining = new(this);
        _cache = new(this);
        _place = new(this, "default: by its name, if the place in that is a known code.");
        Server.AddTo(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StandIns => ["--name=eu-west-2-man-1a", "--region=http://127.0.0.1:6400"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindFaults(ParseResult parsed) => Read(parsed).FindFaults();

    /// <inheritdoc/>
    protected override async Task<StartedNode> StartAsync(ParseResult parsed, NodeLogging logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        var node = await LocalZoneNode.StartAsync(Read(parsed), logging.Configure, configuration, cancellationToken);
        return new(node.Address, node.AdminAddress, node.SetShutdownTimeout, node.StopAsync, node.Failure, node)
        {
            Live =
            [
                new([_cache.BytesOption], changed => node.SetCacheBytes(_cache.Bytes(changed))),
                new([.. Server.TlsOptions, _joining.RegionAuthorityOption], changed => node.SetTls(Read(changed).TlsFiles)),
            ],
        };
    }

    private LocalZoneOptions Read(ParseResult parsed) => new()
    {
        Name = parsed.GetRequiredValue(_name),
        Region = parsed.GetRequiredValue(_region),
        Group = parsed.GetValue(_group),
        Listen = parsed.GetRequiredValue(_listen),
        DataDirectory = parsed.GetValue(_data),
        Workloads = _workloads.Read(parsed),
        AvailabilityZone = _workloads.Zone(parsed),
        RegionAdmin = _joining.RegionAdmin(parsed),
        RegionAuthorityPath = _joining.RegionAuthority(parsed),
        Token = _joining.Token(parsed),
        TokenFile = _joining.TokenFile(parsed),
        AdvertisedAddress = _joining.Advertise(parsed),
        CacheBytes = _cache.Bytes(parsed),
        CachePolicy = _cache.Policy(parsed),
        RecordTracePath = _cache.RecordTrace(parsed),
        Position = _place.Position(parsed),
        Jurisdiction = _place.Jurisdiction(parsed),
        AdminListen = Server.AdminListen(parsed),
        TlsCertificatePath = Server.TlsCertificate(parsed),
        TlsKeyPath = Server.TlsKey(parsed),
        ClientAuthorityPath = Server.ClientAuthority(parsed),
        Insecure = Server.Insecure(parsed),
        Capacity = Server.Capacity(parsed),
        ShutdownTimeout = Server.ShutdownTimeout(parsed),
        AccessLog = AccessLog,
    };
}
