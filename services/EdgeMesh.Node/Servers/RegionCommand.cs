using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Region;
using EdgeMesh.Storage;

namespace EdgeMesh.Node.Servers;

/// <summary><c>edgemesh region</c>.</summary>
internal sealed class RegionCommand : ServerCommand
{
    private readonly Interruption _interruption;
    private readonly Option<string> _name = CliOption.RequiredText("--name", "NAME", "The Region's name, such as eu-west-2.");
    private readonly Option<string> _listen = CliOption.Value<string>("--listen", "ADDRESS:PORT", "Where it takes calls; port 0: any free one.", PlainText.TryRead, "127.0.0.1:6400");
    private readonly Option<string> _data = CliOption.RequiredText("--data", "DIR", "Where it keeps its objects; created if need be.");
    private readonly Option<string?> _defaultCacheControl = CliOption.Text("--default-cache-control", "VALUE", $"How edges may cache objects that say nothing about it, as in HTTP (RFC 9111); default: '{ObjectStoreOptions.StandardCacheControl}'.");
    private readonly OriginArguments _origins;
    private readonly ServerOptions _server;

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
            given)
    {
        _interruption = interruption;
        Add(_name);
        Add(_listen);
        Add(_data);
        _origins = new(this);
        Add(_defaultCacheControl);
        _server = new(this);
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
    protected override Task<int> ServeAsync(ParseResult parsed)
    {
        var options = Read(parsed, []);
        return new NodeRun(Terminal, _interruption, TimeProvider.System).RunAsync(
            options.Name,
            options.ShutdownTimeout,
            _server.ExitOnStdinClose(parsed),
            async starting =>
            {
                var node = await RegionNode.StartAsync(options, _server.Logging(parsed), starting);
                return new StartedNode(node.Address, node.AdminAddress, node.StopAsync, node);
            });
    }

    private RegionOptions Read(ParseResult parsed, ICollection<string> faults) => new()
    {
        Name = parsed.GetRequiredValue(_name),
        Listen = parsed.GetRequiredValue(_listen),
        DataDirectory = parsed.GetRequiredValue(_data),
        Origins = _origins.Read(parsed, faults),
        DefaultCacheControl = parsed.GetValue(_defaultCacheControl),
        AdminListen = _server.AdminListen(parsed),
        TlsCertificatePath = _server.TlsCertificate(parsed),
        TlsKeyPath = _server.TlsKey(parsed),
        Insecure = _server.Insecure(parsed),
        ShutdownTimeout = _server.ShutdownTimeout(parsed),
    };
}
