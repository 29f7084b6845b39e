using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Client;
using EdgeMesh.Lab.LatencySimulation;
using EdgeMesh.Wire;

namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>A call that ended.</summary>
/// <param name="Begun">When the caller made it.</param>
/// <param name="Took">Until its answer.</param>
/// <param name="IsWell">Whether its status was OK.</param>
internal readonly record struct EndedCall(TimeSpan Begun, TimeSpan Took, bool IsWell);

/// <summary>A program with the client that ships, making calls at random times whether earlier ones were answered or not. Not thread-safe: all of it runs in events.</summary>
internal sealed class RoutingClient : IDisposable
{
    private static readonly Uri Target = new($"http://mesh/{Mesh.Method}");
    private static readonly byte[] Request = [0, 0, 0, 0, 0];

    private readonly VirtualTime _time;
    private readonly double _callsPerSecond;
    private readonly Random _random;
    private readonly EdgeMeshHandler _handler;
    private readonly HttpMessageInvoker _invoker;

    /// <summary>Makes one, which begins to learn the mesh.</summary>
    public RoutingClient(VirtualTime time, VirtualTimeProvider clock, IReadOnlyList<SimulatedNode> nodes, Func<SimulatedNode, HttpMessageHandler> connect, double callsPerSecond, double hedgeShare, Random random)
    {
        (_time, _callsPerSecond, _random) = (time, callsPerSecond, random);
        var byAddress = nodes.ToDictionary(node => node.Address.Host);
        _handler = new EdgeMeshHandler(new EdgeMeshClientOptions
        {
            Bootstrap = [.. nodes.OrderBy(_ => random.Next()).Take(2).Select(node => node.Address)],
            CreateHandler = address => connect(byAddress[address.Host]),
            HedgeShare = hedgeShare,
            TimeProvider = clock,
            Random = random,
        });
        _invoker = new HttpMessageInvoker(_handler);
    }

    /// <summary>Calls made.</summary>
    public long Calls { get; private set; }

    /// <summary>Calls that have ended, in that order.</summary>
    public List<EndedCall> Ended { get; } = [];

    /// <summary>What it knows of its nodes.</summary>
    public IReadOnlyList<NodeStatus> ReadNodes() => _handler.ReadNodes();

    /// <summary>Calls until a time.</summary>
    public void CallUntil(TimeSpan end)
    {
        var next = _time.Now + TimeSpan.FromSeconds(-Math.Log(1 - _random.NextDouble()) / _callsPerSecond);
        if (next < end)
        {
            _time.At(next, () =>
            {
                CallUntil(end);
                _ = CallAsync();
            });
        }
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _handler.Dispose();
    }

    private async Task CallAsync()
    {
        Calls++;
        var begun = _time.Now;
        var isWell = false;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Target) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(Request) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);
            using var answer = await _invoker.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            isWell = answer.TrailingHeaders.NonValidated.TryGetValues(HeaderNames.GrpcStatus, out var status) && status.ToString() == "0";
        }
        catch (HttpRequestException)
        {
            // A fault of a connection that the client could do nothing about: a failed call.
        }

        Ended.Add(new EndedCall(begun, _time.Now - begun, isWell));
    }
}
