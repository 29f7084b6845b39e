using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Targets;

/// <summary><c>edgemesh nodes</c>.</summary>
internal sealed class NodesCommand : CliCommand
{
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public NodesCommand(Terminal terminal)
        : base(
            "nodes",
            "Lists the Region and the nodes of its mesh, with what their caches counted. --to is the Region's admin listener, or that of one of its nodes, which says what it was told last and calls a Region that is away lost.",
            ["edgemesh nodes", "edgemesh nodes --to http://127.0.0.1:6500 --json", "edgemesh nodes --to http://127.0.0.1:6511", "edgemesh nodes --to https://region.example:6400 --token-file ./reader-token"],
            terminal)
    {
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(NodesJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var nodes = (await NodeListing.FetchAsync(connection, cancellationToken)).Select(node => NodeJson.Of(node)).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new NodesJson(nodes));
            return ExitCodes.Success;
        }

        var table = new TextTable("Name", "Kind", "Address", "State", "Position", "Joined", ">Hits", ">Misses", ">Coalesced", ">Entries", ">Cache");
        foreach (var node in nodes)
        {
            table.Add(
                node.Name,
                node.Kind,
                node.Address,
                node.State,
                $"{node.Position}",
                Timestamps.Show(node.Joined),
                $"{node.Counts?.Hits}",
                $"{node.Counts?.Misses}",
                $"{node.Counts?.Coalesced}",
                $"{node.Counts?.Entries}",
                node.Counts is null ? "" : ByteSize.Show(node.Counts.CacheBytes));
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }
}
