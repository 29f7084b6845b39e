using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Latencies;

/// <summary><c>edgemesh latency matrix</c>.</summary>
internal sealed class MatrixCommand : CliCommand
{
    private readonly Option<string[]> _nodes = CliOption.ManyTexts("--node", "NAME", "Only between these nodes.");
    private readonly Option<string?> _svg = CliOption.Text("--svg", "FILE", "Also draw it as a heat map.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public MatrixCommand(Terminal terminal)
        : base(
            "matrix",
            "Shows the round trips between all nodes of a mesh, as they measured them or as their coordinates predict them.",
            ["edgemesh latency matrix", "edgemesh latency matrix --svg mesh.svg", "edgemesh latency matrix --node LHR50-1 --node CDG50-1 --json"],
            terminal)
    {
        Add(_nodes);
        Add(_svg);
        Add(_json);
        _target = new(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(MatrixJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new LatencyService.LatencyServiceClient(connection.Channel);
        var request = new GetMatrixRequest();
        request.Nodes.AddRange(parsed.GetRequiredValue(_nodes));
        var (response, _) = await connection.CallAsync(options => client.GetMatrixAsync(request, options), cancellationToken);
        var matrix = MatrixJson.Of(response.Matrix);
        if (request.Nodes.Except(matrix.Nodes.Select(node => node.Node)).FirstOrDefault() is { } missing)
        {
            throw new CliException($"no node is named {missing}");
        }

        if (parsed.GetValue(_svg) is { } path)
        {
            await WriteAsync(path, MatrixHeatMap.Draw(matrix), cancellationToken);
        }

        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, matrix);
            return ExitCodes.Success;
        }

        MatrixText.Write(Terminal, matrix);
        Terminal.Error.WriteLine(MatrixText.Legend);
        return ExitCodes.Success;
    }

    private static async Task WriteAsync(string path, string svg, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, svg, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--svg {path}: {failure.Message}", inner: failure);
        }
    }
}
