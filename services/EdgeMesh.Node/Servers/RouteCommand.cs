using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Routing;
using EdgeMesh.Node.Values;
using EdgeMesh.Sidecar;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh route</c>.</summary>
internal sealed class RouteCommand : ServerCommand
{
    private readonly Option<string> _name = CliOption.Value<string>("--name", "NAME", "The sidecar's name, in its log and its metrics.", PlainText.TryRead, "sidecar");
    private readonly Option<Uri[][]> _mesh = CliOption.Many<Uri[]>("--mesh", "URL[,URL]", "Nodes to ask who is in the mesh, in order: one that answers is enough.", TryReadAddresses);
    private readonly Option<string?> _meshAuthority = CliOption.Text("--mesh-ca", "FILE", "Trust nodes whose certificate one of these roots signed, PEM; default: whom the system trusts.");
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where programs call it; port 0: any free one; unix:PATH: a socket file.", PlainText.TryRead, "127.0.0.1:6440");
    private readonly Option<GeoPosition?> _position = CliOption.Value<GeoPosition?>("--position", "PLACE", "Where it stands, as a first guess of which nodes are near: LATITUDE,LONGITUDE in degrees, or a location code such as LHR.", Place.TryReadOptional);

    private readonly Option<string?> _sticky = CliOption.Text("--sticky", "NAME", "Metadata, such as x-user-id, whose value is a call's key: calls of one key go to one of the three nearest nodes, always the same while it is well.");

    /// <summary>Creates the command.</summary>
    public RouteCommand(Terminal terminal, Interruption interruption, GivenOptions given)
        : base(
            "route",
            "Runs a sidecar: programs of this machine call it, in any language, and it carries their calls to the nearest well node of a mesh.",
            [
                "edgemesh route --mesh http://127.0.0.1:6401,http://127.0.0.1:6402",
                "edgemesh route --listen unix:/run/edgemesh/mesh.sock --mesh https://lhr.example.com:6401 --mesh-ca ca.pem",
                "edgemesh route --config edgemesh.yaml",
            ],
            terminal,
            interruption,
            given)
    {
        Add(_name);
        Add(_mesh);
        Add(_meshAuthority);
        Add(_listen);
        Add(_position);
        Add(_sticky);
        Server.AddTo(this);
        Add(new ExplainRouteCommand(terminal));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StandIns => ["--mesh=http://127.0.0.1:6401"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindFaults(ParseResult parsed) => Read(parsed).FindFaults();

    /// <inheritdoc/>
    protected override async Task<StartedNode> StartAsync(ParseResult parsed, NodeLogging logging, NodeConfiguration configuration, CancellationToken cancellationToken)
    {
        var node = await SidecarNode.StartAsync(Read(parsed), logging.Configure, configuration, cancellationToken);
        return new(node.Address, node.AdminAddress, node.SetShutdownTimeout, node.StopAsync, node.Failure, node)
        {
            Live = [new([.. Server.TlsOptions, _meshAuthority], changed => node.SetTls(Read(changed).TlsFiles))],
        };
    }

    private static bool TryReadAddresses(string text, [MaybeNullWhen(false)] out Uri[] value, out string error)
    {
        error = "";
        var addresses = new List<Uri>();
        foreach (var one in text.Split(','))
        {
            if (!TargetAddress.TryRead(one, out var address, out error))
            {
                value = null;
                return false;
            }

            addresses.Add(address);
        }

        value = [.. addresses];
        return true;
    }

    private SidecarOptions Read(ParseResult parsed) => new()
    {
        Name = parsed.GetRequiredValue(_name),
        Mesh = [.. parsed.GetRequiredValue(_mesh).SelectMany(addresses => addresses)],
        MeshAuthorityPath = parsed.GetValue(_meshAuthority),
        Listen = parsed.GetRequiredValue(_listen),
        Sticky = parsed.GetValue(_sticky),
        Position = parsed.GetValue(_position),
        AdminListen = Server.AdminListen(parsed),
        TlsCertificatePath = Server.TlsCertificate(parsed),
        TlsKeyPath = Server.TlsKey(parsed),
        ClientAuthorityPath = Server.ClientAuthority(parsed),
        Insecure = Server.Insecure(parsed),
        ShutdownTimeout = Server.ShutdownTimeout(parsed),
        AccessLog = AccessLog,
    };
}
