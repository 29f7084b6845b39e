using System.Globalization;
using System.Net;
using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Telemetry;
using EdgeMesh.Latency.Topology;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using EdgeMesh.Wire;

namespace EdgeMesh.Client.Tests.Calls;

/// <summary>A pool whose nodes answer as a test says, on a clock that it moves, without a network.</summary>
internal sealed class ScriptedNodes : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Arrival> _arrivals = [];

    /// <summary>Makes nodes named <c>a</c>, <c>b</c>, ...; each further away than the one before, the first one is home.</summary>
    public ScriptedNodes(int count, Func<EdgeMeshClientOptions, EdgeMeshClientOptions>? change = null)
    {
        var options = new EdgeMeshClientOptions { Bootstrap = [new Uri("http://a:1")], TimeProvider = Time, Random = new Random(1) };
        Options = change?.Invoke(options) ?? options;
        Pool = new NodePool(address => new Handler(this, address.Host), Time, Options.Random);
        string[] names = [.. Enumerable.Range(0, count).Select(i => ((char)('a' + i)).ToString())];
        Pool.Follow(new MeshModel("eu-west-2", 1, [.. names.Select(name => new MeshNodeModel(new LatencyNode { Name = name }, new Uri($"http://{name}:1")))], new Dictionary<string, MethodFacts>()), "a");
        foreach (var (name, i) in names.Select((name, i) => (name, i)))
        {
            Pool.Find(name)!.Answer(TimeSpan.FromMilliseconds(10 * (i + 1)), new ProbeResponse { Node = name, Residence = new() });
        }

        Time.Advance(EdgeMesh.Client.Nodes.NodeState.WarmUp);
        Pool.Revise();
        Meters = new ClientMeters(Options.MeterFactory, Pool);
        Sender = new CallSender(Pool, Options, Meters);
    }

    public ManualTimeProvider Time { get; } = new();

    public EdgeMeshClientOptions Options { get; }

    public NodePool Pool { get; }

    public ClientMeters Meters { get; }

    public CallSender Sender { get; }

    /// <summary>Calls that arrived, at whichever node.</summary>
    public int Arrived { get; private set; }

    /// <summary>Sends a unary call.</summary>
    /// <returns>Its answer's node, from the answer's body.</returns>
    public async Task<string> CallAsync(bool isSafe = true, string? user = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://mesh/a.B/C") { Content = new ByteArrayContent([0, 0, 0, 0, 0]) };
        if (user is not null)
        {
            request.Headers.Add("x-user", user);
        }

        using var answer = await Sender.SendAsync(request, new MethodFacts(IsUnary: true, isSafe, "a.B/C"), cancellationToken);
        var status = GrpcStatusOf.Read(answer.Headers) ?? GrpcStatusOf.Read(answer.TrailingHeaders);
        return status == GrpcStatusCode.Ok ? await answer.Content.ReadAsStringAsync(cancellationToken) : $"{status}: {GrpcStatusOf.ReadMessage(answer.Headers)}";
    }

    /// <summary>Makes 200 calls that take so long each, so that the home has a hedging delay of one and a half times that, and hedges may be spent.</summary>
    public async Task WarmUpAsync(TimeSpan each)
    {
        var home = Pool.Find("a")!;
        for (var i = 0; i < 200; i++)
        {
            var call = CallAsync();
            var arrival = await NextAsync("a");
            Time.Advance(each);
            arrival.Answer();
            await call.WaitAsync(TestDeadline.Default);
            if (i % 10 == 0)
            {
                home.NoteLatency(home.Now - (each * 1.5).Ticks);
            }
        }
    }

    /// <summary>The next call that arrived and was not taken yet.</summary>
    public async Task<Arrival> NextAsync(string node)
    {
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        while (true)
        {
            lock (_lock)
            {
                if (_arrivals.Find(arrival => arrival.Node == node) is { } next)
                {
                    _arrivals.Remove(next);
                    return next;
                }
            }

            await Task.Delay(1, limit.Token);
        }
    }

    public void Dispose()
    {
        Pool.Dispose();
        Meters.Dispose();
    }

    /// <summary>A call at a node.</summary>
    internal sealed class Arrival(string node)
    {
        public TaskCompletionSource<HttpResponseMessage> Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Node => node;

        /// <summary>The trace's field that came with it.</summary>
        public string? TraceParent { get; init; }

        /// <summary>Completes when the caller gives the call up.</summary>
        public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer(GrpcStatusCode status = GrpcStatusCode.Ok)
        {
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(node) };
            answer.Headers.TryAddWithoutValidation(HeaderNames.GrpcStatus, ((int)status).ToString(CultureInfo.InvariantCulture));
            Source.TrySetResult(answer);
        }

        public void Fail() => Source.TrySetException(new HttpRequestException(HttpRequestError.ResponseEnded, "lost"));
    }

    private sealed class Handler(ScriptedNodes owner, string node) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var arrival = new Arrival(node) { TraceParent = request.Headers.TryGetValues("traceparent", out var values) ? values.Single() : null };
            await using var registration = cancellationToken.Register(() =>
            {
                arrival.GivenUp.TrySetResult();
                arrival.Source.TrySetCanceled(cancellationToken);
            });
            lock (owner._lock)
            {
                owner.Arrived++;
                owner._arrivals.Add(arrival);
            }

            return await arrival.Source.Task;
        }
    }
}
