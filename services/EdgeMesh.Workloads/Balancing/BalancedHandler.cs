using EdgeMesh.Relay;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;

namespace EdgeMesh.Workloads.Balancing;

/// <summary>Sends each call of a workload to one of its replicas, and to another where that cannot carry it out twice.</summary>
/// <remarks>
/// The workload's <see cref="Upstream"/> leads here, so that relay, cache and fills know one upstream and no replicas. Another replica is asked when the first cannot have seen the call (no
/// connection, REFUSED_STREAM), whatever the method; and when it was lost before it began to answer, if the method is free of side effects. What the relay sends can be sent again as long as no
/// more than 64 KiB of it had gone, and says so itself otherwise. When every replica refused, the call goes where the node sends what it has no workload for, if that is anywhere. Thread-safe.
/// </remarks>
internal sealed class BalancedHandler(Workload workload, WorkloadTable table, TimeProvider time) : HttpMessageHandler
{
    // One replica more than a node is likely to lose at once; a call that three have refused is not saved by a fourth.
    private const int MaxAttempts = 3;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        var whole = request.RequestUri;
        List<ReplicaTarget>? tried = null;
        Exception? fault = null;
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var start = time.GetTimestamp();
            if (workload.Pick(tried, start) is not { } target)
            {
                break;
            }

            target.Begin();
            if (attempt > 0)
            {
                workload.CountRetry();
            }

            var isRunning = false;
            try
            {
                request.RequestUri = target.Upstream.Target(path);
                var response = await target.Upstream.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
                workload.NoteAnswer(target, response, time.GetElapsedTime(start));
                response.Content = new ReplicaAnswer(response, target, workload);
                isRunning = true;
                return response;
            }
            catch (Exception thrown) when (!cancellationToken.IsCancellationRequested && thrown is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                fault = new UpstreamPlaceException(target.Upstream.ToString(), thrown);
                var isNeverSent = TransportFault.IsNeverSent(thrown);
                workload.NoteFault(target, TransportFault.Describe(thrown), mustLeave: isNeverSent && thrown is not HttpProtocolException and not { InnerException: HttpProtocolException });
                if (!isNeverSent && !workload.IsSafe(path))
                {
                    throw fault;
                }
            }
            finally
            {
                if (!isRunning)
                {
                    target.End();
                }
            }

            (tried ??= []).Add(target);
        }

        request.RequestUri = whole;
        return await SendElsewhereAsync(request, path, fault, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendElsewhereAsync(HttpRequestMessage request, string path, Exception? fault, CancellationToken cancellationToken)
    {
        // What the node itself asks of a replica (reflection, health) nobody else can answer for it.
        if (table.Find(path) != workload || table.Otherwise?.Route(path).Upstream is not { } other)
        {
            throw fault ?? new HttpRequestException(workload.DescribeUnwell());
        }

        workload.CountFallback();
        request.RequestUri = other.Target(path);
        return other.Invoker.SendAsync(request, cancellationToken);
    }
}
