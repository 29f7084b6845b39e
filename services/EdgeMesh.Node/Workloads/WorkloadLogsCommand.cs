using System.CommandLine;
using System.Globalization;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Workloads;

/// <summary><c>edgemesh workload logs</c>.</summary>
internal sealed class WorkloadLogsCommand : CliCommand
{
    private const int MaxLines = 10_000;
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(500);

    private readonly Argument<string> _name = CliOption.Argument<string>("NAME", "The workload.", PlainText.TryRead);
    private readonly Option<string?> _replica = CliOption.Text("--replica", "NAME", "Only this replica's lines, as in shop-1.");
    private readonly Option<int> _lines = CliOption.Value("--lines", "COUNT", "How many lines, the newest.", WholeNumber.Between(1, MaxLines), 100);
    private readonly Option<bool> _follow = CliOption.Flag("--follow", "Go on with new lines, until Ctrl-C.");
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public WorkloadLogsCommand(Terminal terminal)
        : base(
            "logs",
            "Shows what a workload's processes wrote, those that have ended included: the newest 1,000 lines of each replica are kept.",
            ["edgemesh workload logs shop", "edgemesh workload logs shop --replica shop-2 --lines 20", "edgemesh workload logs shop --follow"],
            terminal)
    {
        Add(_name);
        Add(_replica);
        Add(_lines);
        Add(_follow);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(WorkloadLogJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new WorkloadService.WorkloadServiceClient(connection.Channel);
        var request = new ReadWorkloadLogRequest { Name = parsed.GetRequiredValue(_name), Replica = parsed.GetValue(_replica) ?? "", Limit = (uint)parsed.GetValue(_lines) };
        var isJson = parsed.GetValue(_json);
        if (isJson && parsed.GetValue(_follow))
        {
            throw new CliException("--json answers with one document: it does not go with --follow", ExitCodes.Usage);
        }

        while (true)
        {
            var (response, _) = await connection.CallAsync(options => client.ReadWorkloadLogAsync(request, options), cancellationToken);
            var lines = response.Lines.Select(WorkloadLineJson.Of).ToList();
            if (isJson)
            {
                JsonOutput.Write(Terminal, new WorkloadLogJson(lines));
                return ExitCodes.Success;
            }

            foreach (var line in lines)
            {
                await Terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{line.Time:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Replica} {line.Text}"));
            }

            await Terminal.Out.FlushAsync(cancellationToken);
            if (!parsed.GetValue(_follow))
            {
                return ExitCodes.Success;
            }

            request.After = lines.Count > 0 ? lines[^1].Number : request.After;
            request.Limit = MaxLines;
            try
            {
                await Task.Delay(FollowInterval, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Success;
            }
        }
    }
}
