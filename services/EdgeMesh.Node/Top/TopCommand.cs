using System.CommandLine;
using System.Threading.Channels;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Top;

/// <summary><c>edgemesh top</c>.</summary>
/// <remarks>Ends when <c>q</c> is typed or the process is interrupted, both in order; with <c>--once</c> after one table.</remarks>
internal sealed class TopCommand : CliCommand
{
    /// <summary>How long --once waits for second reports: nodes report every 5 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    private readonly Option<Duration> _interval = CliOption.Value("--interval", "TIME", "How often to ask.", Duration.TryRead, new Duration(TimeSpan.FromSeconds(1)));
    private readonly Option<TopOrder> _sort = CliOption.Value("--sort", "ORDER", "What nodes are sorted by: name, calls, hits (least first), latency (p99), bytes or errors.", TryReadOrder, TopOrder.Name);
    private readonly Option<bool> _once = CliOption.Flag("--once", "Print one table, as soon as every node has reported twice, and end.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public TopCommand(Terminal terminal)
        : base(
            "top",
            "Shows what the nodes of a mesh do, a second: calls, hits, bytes, errors, and how long answers take. On a terminal the picture is live, q ends it and s sorts; elsewhere it is a table at every interval.",
            ["edgemesh top", "edgemesh top --sort errors --interval 5s", "edgemesh top --once --json"],
            terminal)
    {
        _target = new(this);
        Add(_interval);
        Add(_sort);
        Add(_once);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(TopJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var interval = parsed.GetRequiredValue(_interval).Time;
        var order = parsed.GetRequiredValue(_sort);
        var json = parsed.GetValue(_json);
        var once = parsed.GetValue(_once);
        try
        {
            if (!json && !once && TopScreen.IsPossible(Terminal))
            {
                await WatchAsync(connection, order, interval, cancellationToken);
            }
            else
            {
                await PrintAsync(connection, order, interval, once, json, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !once)
        {
            // Watching has no other end than being told so.
        }

        return ExitCodes.Success;
    }

    private static bool TryReadOrder(string text, out TopOrder value, out string error)
    {
        error = "want name, calls, hits, latency, bytes or errors";
        return Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]);
    }

    /// <summary>Draws until <c>q</c>. A Region that does not answer is said to, and asked again.</summary>
    private async Task WatchAsync(TargetConnection connection, TopOrder order, TimeSpan interval, CancellationToken cancellationToken)
    {
        // The first question may fail: then there is nothing to watch, and the terminal is left alone.
        var table = new RateTable();
        var nodes = table.Update(await NodeListing.FetchAsync(connection, cancellationToken));
        var keys = Channel.CreateUnbounded<char>();
        using var screen = new TopScreen(Terminal, key => keys.Writer.TryWrite(key));
        var trouble = "";
        while (true)
        {
            var note = $"{trouble}by {order.ToString().ToLowerInvariant()}; s sorts otherwise, q ends";
            screen.Draw(TopText.Summary(nodes), [.. TopText.Table(order.Sort(nodes)).PlainLines()], note);
            var wait = Task.Delay(interval, cancellationToken);
            if (await Task.WhenAny(wait, keys.Reader.WaitToReadAsync(cancellationToken).AsTask()) != wait)
            {
                while (keys.Reader.TryRead(out var key))
                {
                    if (key is 'q' or 'Q')
                    {
                        return;
                    }

                    order = key is 's' or 'S' ? order.Next() : order;
                }

                continue;
            }

            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                nodes = table.Update(await NodeListing.FetchAsync(connection, cancellationToken));
                trouble = "";
            }
            catch (TargetException exception)
            {
                trouble = $"{exception.Message} ";
            }
        }
    }

    private async Task PrintAsync(TargetConnection connection, TopOrder order, TimeSpan interval, bool once, bool json, CancellationToken cancellationToken)
    {
        var table = new RateTable();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var nodes = table.Update(await NodeListing.FetchAsync(connection, cancellationToken));
            if (!once || nodes.All(IsRated) || TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                Print([.. order.Sort(nodes)], json);
                if (once)
                {
                    return;
                }
            }

            await Task.Delay(interval, cancellationToken);
        }
    }

    private static bool IsRated(RatedNode node) => node.Rates is not null || node.Node.State == NodeState.Lost;

    private void Print(IReadOnlyList<RatedNode> nodes, bool json)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, new TopJson(DateTimeOffset.UtcNow, [.. nodes.Select(node => TopNodeJson.Of(node))]));
            return;
        }

        Terminal.Out.WriteLine(TopText.Summary(nodes));
        TopText.Table(nodes).Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        Terminal.Out.WriteLine();
    }
}
