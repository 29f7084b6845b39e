using EdgeMesh.Admin.Configuration;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Configuration;

/// <summary>The configuration that a running node follows, and the one place where a reload changes it.</summary>
/// <remarks>
/// Thread-safe. Owns the options in force: readers take the whole list once, reloads run one at a time.
/// Two races and how they end: (1) the start reads the file, (2) the file changes, (3) SIGHUP, (4) the node is ready: the reload waits for (4) and is
/// not lost. (1) SIGHUP and a call of Reload at once, (2) the first reads the file, (3) the file changes, (4) the second reads it: the gate
/// makes (4) begin after the first has been applied, so the newest stands.
/// </remarks>
/// <param name="server">Whose options they are.</param>
/// <param name="started">What the node was started with.</param>
/// <param name="resolve">Reads arguments, variables and file again.</param>
internal sealed class RunningConfiguration(Servers.ServerCommand server, ResolvedOptions started, Func<ResolvedOptions> resolve)
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly TaskCompletionSource<IReadOnlyList<LiveOption>> _live = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyList<EffectiveOption> _options = EffectiveOption.Of(server.Name, started);

    /// <summary>The options in force.</summary>
    public IReadOnlyList<EffectiveOption> Options => _options;

    /// <summary>Says that the node runs, and what it can follow. Reloads wait for it.</summary>
    public void Begin(IReadOnlyList<LiveOption> live) => _live.SetResult(live);

    /// <summary>Reads the configuration again, checks all of it, and makes the node follow what it can.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's start or for another reload; a reload that has begun ends by itself.</param>
    public async Task<ReloadResponse> ReloadAsync(CancellationToken cancellationToken)
    {
        var live = await _live.Task.WaitAsync(cancellationToken);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return Reload(live);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The same for the node's administrators.</summary>
    public NodeConfiguration ForAdministrators() => new(() => new GetConfigResponse { Options = { Options.Select(option => option.ToMessage()) } }, ReloadAsync);

    private ReloadResponse Reload(IReadOnlyList<LiveOption> live)
    {
        // 1. All of it must be right before any of it counts.
        ResolvedOptions resolved;
        try
        {
            resolved = resolve();
        }
        catch (ConfigurationException exception)
        {
            return new() { Faults = { exception.Lines }, Unchanged = { _options.Select(option => option.Path) } };
        }

        // 2. What the node can follow.
        var followed = new HashSet<System.CommandLine.Option>();
        var result = new ReloadResponse();
        var next = EffectiveOption.Of(server.Name, resolved);
        foreach (var group in live)
        {
            try
            {
                group.Apply(resolved.Parsed);
                followed.UnionWith(group.Options);
            }
            catch (Exception exception)
            {
                var paths = next.Where(option => group.Options.Contains(option.Option)).Select(option => option.Path);
                result.Faults.Add($"{string.Join(", ", paths)} could not be applied: {CommandLine.FailureMessage.OneLine(exception)}");
            }
        }

        // 3. The difference; a value that waits for a restart stays what it is.
        var options = new List<EffectiveOption>();
        foreach (var (before, after) in _options.Zip(next))
        {
            var isSame = before.HasValueOf(after);
            (isSame ? result.Unchanged : followed.Contains(after.Option) ? result.Applied : result.NeedsRestart).Add(after.Path);
            options.Add(isSame || followed.Contains(after.Option) ? after : before);
        }

        _options = options;
        return result;
    }
}
