using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Wire;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>A client's connection to a node: in place of sockets, half a round trip each way. The first request waits for a handshake more.</summary>
/// <remarks>Jitter only adds: an exponential twentieth of the way. Not thread-safe: all of it runs in events.</remarks>
internal sealed class NodeTransport(VirtualTime time, SimulatedNode node, TimeSpan roundTrip, byte[] mesh, Random random) : HttpMessageHandler
{
    private const double JitterShare = 0.05;

    private static readonly byte[] Answer = [0, 0, 0, 0, 0];

    private TimeSpan? _connected;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var exchange = new Exchange(cancellationToken);
        var path = request.RequestUri!.AbsolutePath;

        // A dead node's machine refuses at once; a black hole's accepts the connection, and that is all.
        _connected ??= time.Now + Way() + Way();
        time.At((_connected > time.Now ? _connected.Value : time.Now) + Way(), () => Arrive(path, exchange));
        return exchange.Task;
    }

    private void Arrive(string path, Exchange exchange)
    {
        if (node.Condition == NodeCondition.Dead)
        {
            Return(() => exchange.Fail(new HttpRequestException(HttpRequestError.ConnectionError, "connection refused")));
        }
        else if (node.Condition == NodeCondition.Well && path.EndsWith("/Probe", StringComparison.Ordinal))
        {
            var answer = Mesh.Frame(node.Describe());
            Return(() => exchange.Succeed(new ReadOnlyMemoryContent(answer)));
        }
        else if (node.Condition == NodeCondition.Well && path.EndsWith("/WatchMesh", StringComparison.Ordinal))
        {
            var watch = new WatchStream(mesh);
            node.OnDeath(() => Return(watch.Break));
            Return(() => exchange.Succeed(new StreamContent(watch)));
        }
        else if (path.EndsWith(Mesh.Method, StringComparison.Ordinal))
        {
            var giveUp = node.Serve(isServed => Return(isServed
                ? () => exchange.Succeed(new ReadOnlyMemoryContent(Answer))
                : () => exchange.Fail(new HttpRequestException(HttpRequestError.ResponseEnded, "the connection was reset"))));
            exchange.OnCancelled(() => time.At(time.Now + Way(), giveUp));
        }
    }

    private void Return(Action action) => time.At(time.Now + Way(), action);

    private TimeSpan Way() => roundTrip / 2 * (1 + (JitterShare * -Math.Log(1 - random.NextDouble())));

    /// <summary>A request on its way; its task is the caller's.</summary>
    private sealed class Exchange
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _source = new();
        private readonly CancellationTokenRegistration _registration;
        private Action? _onCancelled;

        public Exchange(CancellationToken cancellationToken) => _registration = cancellationToken.Register(() =>
        {
            if (_source.TrySetCanceled(cancellationToken))
            {
                _onCancelled?.Invoke();
            }
        });

        public Task<HttpResponseMessage> Task => _source.Task;

        public void OnCancelled(Action action)
        {
            if (_source.Task.IsCanceled)
            {
                action();
            }

            _onCancelled = action;
        }

        public void Succeed(HttpContent content)
        {
            _registration.Unregister();
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version20, Content = content };
            content.Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);
            answer.TrailingHeaders.TryAddWithoutValidation(HeaderNames.GrpcStatus, "0");
            _source.TrySetResult(answer);
        }

        public void Fail(Exception fault)
        {
            _registration.Unregister();
            _source.TrySetException(fault);
        }
    }
}
