using System.Threading.Channels;
using EdgeMesh.Introspection;
using EdgeMesh.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Policies;

/// <summary>Resolves the policy in force again whenever descriptors were asked for anew.</summary>
internal sealed class PolicyUpkeep(PolicyState state, DescribedMethods methods, ILogger<PolicyUpkeep> log) : BackgroundService
{
    // One turn is enough for all refreshes before it.
    private readonly Channel<bool> _due = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        methods.Refreshed += Due;
        try
        {
            while (await _due.Reader.WaitToReadAsync(stoppingToken))
            {
                _due.Reader.TryRead(out _);
                try
                {
                    var before = state.Current;
                    await state.RefreshAsync(stoppingToken);
                    if (!ReferenceEquals(before.Effective, state.Current.Effective))
                    {
                        log.PolicyResolvedAgain(state.Current.Version.Version, state.Current.Effective.Rules.Count);
                    }
                }
                catch (ObjectStoreException fault)
                {
                    // The next refresh tries again.
                    log.PolicyNotResolved(fault.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        finally
        {
            methods.Refreshed -= Due;
        }
    }

    private void Due() => _due.Writer.TryWrite(true);
}
