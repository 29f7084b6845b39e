using System.CommandLine;
using System.Threading.Channels;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Top;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;
using ProtoDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace EdgeMesh.Node.Latencies;

/// <summary><c>edgemesh latency watch</c>.</summary>
/// <remarks>Ends when <c>q</c> is typed or the process is interrupted, both in order.</remarks>
internal sealed class WatchCommand : CliCommand
{
    private readonly Option<string[]> _nodes = CliOption.ManyTexts("--node", "NAME", "Only between these nodes.");
    private readonly Option<Duration> _interval = CliOption.Value("--interval", "TIME", "How often to look for changes, 1s to 5m.", Duration.TryRead, new Duration(TimeSpan.FromSeconds(2)));
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public WatchCommand(Terminal terminal)
        : base(
            "watch",
            "Shows the matrix of a mesh live: on a terminal as a picture, which q ends; elsewhere again at every change.",
            ["edgemesh latency watch", "edgemesh latency watch --node LHR50-1 --node CDG50-1 --interval 1s --json"],
            terminal)
    {
        Add(_nodes);
        Add(_interval);
        Add(_json);
        _target = new(this);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(MatrixJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var json = parsed.GetValue(_json);
        var request = new WatchMatrixRequest { Interval = ProtoDuration.FromTimeSpan(parsed.GetRequiredValue(_interval).Time) };
        request.Nodes.AddRange(parsed.GetRequiredValue(_nodes));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var view = !json && TopScreen.IsPossible(Terminal) ? new LiveView(Terminal, end.Cancel) : null;
        try
        {
            await connection.StreamAsync(
                async options =>
                {
                    using var call = new LatencyService.LatencyServiceClient(connection.Channel).WatchMatrix(request, options);
                    await foreach (var update in call.ResponseStream.ReadAllAsync(end.Token))
                    {
                        Show(MatrixJson.Of(update.Matrix), view, json);
                    }

                    return true;
                },
                end.Token);
        }
        catch (Exception failure) when (end.IsCancellationRequested && failure is OperationCanceledException or TargetException)
        {
            // Watching has no other end than being told so, however the stream breaks then.
        }

        return ExitCodes.Success;
    }

    private void Show(MatrixJson matrix, LiveView? view, bool json)
    {
        if (view is not null)
        {
            view.Draw(matrix);
        }
        else if (json)
        {
            JsonOutput.Write(Terminal, matrix);
        }
        else
        {
            MatrixText.Write(Terminal, matrix);
            Terminal.Out.WriteLine();
        }
    }

    /// <summary>The picture, and the key that ends it.</summary>
    private sealed class LiveView(Terminal terminal, Action end) : IDisposable
    {
        private readonly TopScreen _screen = new(terminal, key =>
        {
            if (key is 'q' or 'Q')
            {
                end();
            }
        });

        public void Draw(MatrixJson matrix)
        {
            var measured = matrix.Pairs.Count(pair => pair is { Source: PairJson.Measured, Reachability: not PairJson.Unreachable });
            var unreachable = matrix.Pairs.Count(pair => pair.Reachability == PairJson.Unreachable);
            _screen.Draw(
                $"{matrix.Nodes.Count} nodes; of {matrix.Pairs.Count} pairs {measured} measured, {unreachable} unreachable; {Timestamps.Show(DateTimeOffset.UtcNow)}",
                [.. MatrixText.Plain(matrix).PlainLines()],
                $"{MatrixText.Legend}; q ends");
        }

        public void Dispose() => _screen.Dispose();
    }
}
