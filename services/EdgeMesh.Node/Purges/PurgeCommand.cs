using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Purges;

/// <summary><c>edgemesh purge</c>.</summary>
internal sealed class PurgeCommand : CliCommand
{
    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(30));

    // What a node takes that has lost its connection only, to be back: its first try comes within a second.
    private static readonly TimeSpan LostWait = TimeSpan.FromSeconds(3);

    private readonly Option<RequestName[]> _keys = CliOption.Many<RequestName>("--key", "'METHOD JSON'", "Answers to one request, whoever asked: SERVICE/METHOD and its message as JSON, or as base64:BYTES.", RequestName.TryRead);
    private readonly Option<string[]> _tags = CliOption.ManyTexts("--tag", "TAG", "Answers with this tag (surrogate-key).");
    private readonly Option<string[]> _methods = CliOption.ManyTexts("--method", "METHOD", "All answers of SERVICE/METHOD.");
    private readonly Option<bool> _all = CliOption.Flag("--all", "Everything.");
    private readonly Option<bool> _soft = CliOption.Flag("--soft", "Make it stale only: answers whose origin allows stale use are used as such while they are asked for anew, others go.");
    private readonly Option<string?> _note = CliOption.Text("--note", "TEXT", "Why, for those who read the history; up to 200 characters.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public PurgeCommand(Terminal terminal)
        : base(
            "purge",
            "Takes cached answers out of service at every node, and waits until all have applied that: at most for --timeout, and for 3 s when only lost nodes have not. Exit code 1 when some node has not; it applies it when it is back.",
            [
                "edgemesh purge --tag product:7 --tag shoes",
                "edgemesh purge --key 'shop.v1.Catalog/GetProduct {\"id\": \"42\"}'",
                "edgemesh purge --method shop.v1.Catalog/ListProducts --soft --note 'price list of spring'",
                "edgemesh purge --all --to https://region.example:6400 --token-file ./admin-token --timeout 1m --json",
            ],
            terminal)
    {
        Add(_keys);
        Add(_tags);
        Add(_methods);
        Add(_all);
        Add(_soft);
        Add(_note);
        _target = new(this, DefaultTimeout, timeoutDescription: "How long to wait for the Region's answer, and then for all nodes.");
        Add(_json);
        Add(new ListPurgesCommand(terminal));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PurgeJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // 1. What goes.
        using var connection = _target.Connect(parsed);
        var invalidation = new Invalidation { Soft = parsed.GetValue(_soft), Note = parsed.GetValue(_note) ?? "" };
        invalidation.Targets.AddRange((await RequestEncoder.EncodeAsync(parsed.GetRequiredValue(_keys), connection, address => _target.Connect(parsed, address), cancellationToken)).Select(request => new InvalidationTarget { Request = request }));
        invalidation.Targets.AddRange(parsed.GetRequiredValue(_tags).Select(tag => new InvalidationTarget { Tag = tag }));
        invalidation.Targets.AddRange(parsed.GetRequiredValue(_methods).Select(method => new InvalidationTarget { Method = method.TrimStart('/') }));
        if (parsed.GetValue(_all))
        {
            invalidation.Targets.Add(new InvalidationTarget { All = true });
        }

        if (invalidation.Targets.Count == 0)
        {
            throw new CliException("nothing to purge: give --key, --tag, --method or --all", ExitCodes.Usage);
        }

        // 2. Into the log.
        var client = new InvalidationService.InvalidationServiceClient(connection.Channel);
        var started = connection.GetTimestamp();
        var (response, _) = await connection.CallAsync(options => client.InvalidateAsync(new InvalidateRequest { Invalidation = invalidation }, options), cancellationToken);

        // 3. At every node.
        var timeout = _target.Timeout(parsed);
        var nodes = await connection.StreamAsync(options => WatchAsync(client, response.Position, options, timeout), cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(started);
        var isComplete = nodes.All(node => node.Applied);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new PurgeJson(response.Position.Sequence, response.Position.Epoch, response.Position.CommitTime.ToDateTimeOffset(), isComplete, Milliseconds.Of(took), [.. nodes.Select(PurgedNodeJson.Of)]));
        }
        else
        {
            Write(response.Position, nodes, took, timeout);
        }

        return isComplete ? ExitCodes.Success : ExitCodes.Failed;
    }

    /// <summary>Watches who has applied it, until all have or time is up.</summary>
    private async Task<IReadOnlyList<InvalidationProgress>> WatchAsync(InvalidationService.InvalidationServiceClient client, LogPosition position, CallOptions options, TimeSpan timeout)
    {
        IReadOnlyList<InvalidationProgress> nodes = [];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        using var call = client.WatchInvalidation(new WatchInvalidationRequest { Position = position }, options.WithDeadline(DateTime.UtcNow + timeout));
        try
        {
            await foreach (var response in call.ResponseStream.ReadAllAsync(enough.Token))
            {
                nodes = response.Nodes;
                enough.CancelAfter(nodes.All(node => node.Applied || node.State == NodeState.Lost) ? LostWait : Timeout.InfiniteTimeSpan);
                if (Terminal.ErrorIsTerminal)
                {
                    await Terminal.Error.WriteAsync($"\rpurge {position.Sequence}: applied by {nodes.Count(node => node.Applied)} of {nodes.Count} nodes ");
                }
            }
        }
        catch (Exception exception) when (!options.CancellationToken.IsCancellationRequested && (exception is OperationCanceledException or RpcException { StatusCode: StatusCode.DeadlineExceeded or StatusCode.Cancelled }))
        {
            // What was told last counts.
        }
        finally
        {
            if (Terminal.ErrorIsTerminal)
            {
                await Terminal.Error.WriteLineAsync();
            }
        }

        return nodes;
    }

    private void Write(LogPosition position, IReadOnlyList<InvalidationProgress> nodes, TimeSpan took, TimeSpan timeout)
    {
        if (nodes.Count > 0)
        {
            var table = new TextTable("Name", "Kind", "State", "Applied", ">Position");
            foreach (var node in nodes)
            {
                table.Add(node.Name, NodeJson.KindOf(node.Kind), NodeJson.StateOf(node.State), node.Applied ? "yes" : "no", node.Position is { } at ? $"{at.Sequence}" : "-");
            }

            table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        }

        var behind = nodes.Where(node => !node.Applied && node.State != NodeState.Lost).Select(node => $"{node.Name} ({NodeJson.StateOf(node.State)})").ToList();
        var lost = nodes.Where(node => !node.Applied && node.State == NodeState.Lost).Select(node => node.Name).ToList();
        Terminal.Out.WriteLine(behind.Count > 0
            ? $"purge {position.Sequence}: not applied within {new Duration(timeout)} by {string.Join(", ", behind)}: they may serve what was purged until they have"
            : $"purge {position.Sequence}: applied by all {nodes.Count - lost.Count} nodes that are in the mesh, in {Milliseconds.Show(took.TotalMilliseconds)}");
        if (lost.Count > 0)
        {
            Terminal.Out.WriteLine($"lost, and not known to have applied it: {string.Join(", ", lost)}. A node whose process ended has nothing any more; one that is cut off may serve what was purged to whoever reaches it, until it is back and has applied it.");
        }
    }
}
