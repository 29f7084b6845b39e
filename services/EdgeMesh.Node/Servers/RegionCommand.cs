using System.CommandLine;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Node.Workloads;
using EdgeMesh.Region;
using EdgeMesh.Storage;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh region</c>.</summary>
internal sealed class RegionCommand : ServerCommand
{
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "The Region's name, such as eu-west-2.");
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where it takes calls; port 0: any free one.", PlainText.TryRead, "127.0.0.1:6400");
    private readonly Option<string?> _advertise = CliOption.Text("--advertise", "URL", "Where others reach it, when that is not where it listens.");
    private readonly Option<string> _data = CliOption.RequiredText("--data", "DIR", "Where it keeps its objects; created if need be.");
    private readonly Option<string?> _defaultCacheControl = CliOption.Text("--default-cache-control", "VALUE", $"How edges may cache objects that say nothing about it, as in HTTP (RFC 9111); default: '{ObjectStoreOptions.StandardCacheControl}'.");
    private readonly Option<string?> _edgeTokenFile = CliOption.Text("--edge-token-file", "FILE", "A token that edges may join with, in service as long as FILE holds it; made, for its owner's eyes only, when FILE is missing.");
    private readonly Option<string[]> _zoneGroups = CliOption.ManyTexts("--zone-group", "NAME", "A group of Local Zones that is opted into from the start, such as eu-west-2-man-1; edgemesh zones changes that, and what it says is kept.");
    private readonly OriginArguments _origins;
    private readonly WorkloadArguments _workloads;
    private readonly PlaceOptions _place;
    private readonly Option<Duration> _objective = CliOption.Value("--latency-objective", "TIME", "What clients are promised: 99 in 100 round trips to the node that they chose take less.", Duration.TryRead, new Duration(TimeSpan.FromMilliseconds(10)));

    /// <summary>Creates the command.</summary>
    public RegionCommand(Terminal terminal, Interruption interruption, GivenOptions given)
        : base(
            "region",
            "Runs a Region: it keeps the objects, fronts your own gRPC services, and knows the nodes of its mesh.",
            [
                "edgemesh region --name eu-west-2 --data ./region-data",
                "edgemesh region --name eu-west-2 --data ./region-data --origin shop.v1.=http://127.0.0.1:9000 --origin-reflection shop.v1.",
                "EDGEMESH_NAME=eu-west-2 EDGEMESH_DATA=/data edgemesh region --listen 0.0.0.0:6400 --insecure",
                "edgemesh region --config edgemesh.yaml",
            ],
            terminal,
            interruption,
            given)
    {
        Add(_name);
        Add(_listen);
        Add(_advertise);
        Add(_data);
        _origins = new(this);
        _workloads = new(this);
        Add(_defaultCacheControl);
        Add(_edgeTokenFile);
        Add(_zoneGroups);
        _place = new(this, "default: not said.");
        Add(_objective);
        Server.AddTo(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StandIns => ["--name=eu-west-2", "--data=."];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindFaults(ParseResult parsed)
    {
        var faults = new List<string>();
        return [.. Read(parsed, faults).FindFaults(), .. faults];
    }

    /// <inheritdoc/>
    protected override async Task<StartedNode> StartAsync(ParseResult parsed, NodeLogging logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        var node = await RegionNode.StartAsync(Read(parsed, []), logging.Configure, configuration, cancellationToken);
        return new(node.Address, node.AdminAddress, node.SetShutdownTimeout, node.StopAsync, node.Failure, node)
        {
            Live =
            [
                new(_origins.Options, changed => node.ReplaceOrigins(_origins.Read(changed))),
                new(Server.TlsOptions, changed => node.SetTls(Read(changed, []).TlsFiles)),
                new([_defaultCacheControl], changed => node.SetDefaultCacheControl(changed.GetValue(_defaultCacheControl))),
            ],
        };
    }

    private RegionOptions Read(ParseResult parsed, ICollection<string> faults) => new()
    {
        Name = parsed.GetRequiredValue(_name),
        Listen = parsed.GetRequiredValue(_listen),
        DataDirectory = parsed.GetRequiredValue(_data),
        Origins = _origins.Read(parsed, faults),
        Workloads = _workloads.Read(parsed),
        AvailabilityZone = _workloads.Zone(parsed),
        DefaultCacheControl = parsed.GetValue(_defaultCacheControl),
        LatencyObjective = parsed.GetRequiredValue(_objective).Time,
        AdvertisedAddress = parsed.GetValue(_advertise),
        Position = _place.Position(parsed),
        Jurisdiction = _place.Jurisdiction(parsed),
        EdgeTokenFile = parsed.GetValue(_edgeTokenFile),
        ZoneGroups = parsed.GetRequiredValue(_zoneGroups),
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
