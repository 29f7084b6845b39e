using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Purges;

/// <summary><c>edgemesh purge ls</c>.</summary>
internal sealed class ListPurgesCommand : CliCommand
{
    private const int MaxCount = 1000;

    private readonly Option<int> _count = CliOption.Value("--count", "N", "How many, the latest first; up to 1,000.", WholeNumber.Between(1, MaxCount), 20);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public ListPurgesCommand(Terminal terminal)
        : base("ls", "Lists the purges that the Region's log still has, the latest first.", ["edgemesh purge ls", "edgemesh purge ls --count 100 --json"], terminal)
    {
        Add(_count);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PurgesJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new InvalidationService.InvalidationServiceClient(connection.Channel);
        var (response, _) = await connection.CallAsync(options => client.ListInvalidationsAsync(new ListInvalidationsRequest { PageSize = parsed.GetRequiredValue(_count) }, options), cancellationToken);
        var purges = response.Entries.Select(PurgeEntryJson.Of).ToList();
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new PurgesJson(purges));
            return ExitCodes.Success;
        }

        var table = new TextTable(">Sequence", "Time", "Soft", "What", "Note");
        foreach (var purge in purges)
        {
            table.Add($"{purge.Sequence}", Timestamps.Show(purge.Time), purge.Soft ? "yes" : "no", string.Join(", ", purge.Targets.Select(Describe)), purge.Note);
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        return ExitCodes.Success;
    }

    private static string Describe(PurgeTargetJson target) => target switch
    {
        { Tag: { } tag } => $"tag {tag}",
        { Method: { } method, Message: null } => $"method {method}",
        { Method: { } method, Message: { } message } => $"key {method} base64:{message}",
        _ => "all",
    };
}
