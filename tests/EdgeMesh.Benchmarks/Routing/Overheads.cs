using System.Net;
using BenchmarkDotNet.Attributes;
using EdgeMesh.Client;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;

namespace EdgeMesh.Benchmarks.Routing;

/// <summary>What the library adds to a unary call, with connections that answer at once: no network, no server.</summary>
public class Overheads
{
    private const string Method = "edgemesh.v1.ObjectStoreService/GetObject";

    private readonly HttpMessageInvoker _plain = new(new InstantHandler());
    private HttpMessageInvoker _routed = null!;

    [Params(true, false)]
    public bool IsSafe { get; set; }

    [GlobalSetup]
    public void Start()
    {
        var handler = new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [new("http://127.0.0.1:1")], CreateHandler = _ => new InstantHandler(IsSafe) });
        handler.WaitForNearestAsync(CancellationToken.None).Wait(TimeSpan.FromSeconds(10));
        _routed = new(handler);
    }

    [GlobalCleanup]
    public void Stop() => _routed.Dispose();

    /// <summary>The connection alone.</summary>
    [Benchmark(Baseline = true)]
    public Task<int> Plain() => CallAsync(_plain);

    /// <summary>The library over it.</summary>
    [Benchmark]
    public Task<int> Routed() => CallAsync(_routed);

    private static async Task<int> CallAsync(HttpMessageInvoker invoker)
    {
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://mesh/" + Method) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(new byte[20]) };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("user-agent", "grpc-dotnet/2.85.0 (.NET 10.0.0; CLR 10.0.0; net10.0; linux; x64)");
        request.Headers.TryAddWithoutValidation("grpc-timeout", "1000000u");
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using var answer = await invoker.SendAsync(request, cancellation.Token);
        var body = await answer.Content.ReadAsStreamAsync(cancellation.Token);
        var buffer = new byte[2048];
        var sum = 0;
        while (await body.ReadAsync(buffer, cancellation.Token) is > 0 and var count)
        {
            sum += count;
        }

        return sum + answer.TrailingHeaders.NonValidated.Count;
    }

    /// <summary>A connection to a node that answers everything at once; as a real one, on another thread's turn.</summary>
    private sealed class InstantHandler(bool isSafe = true) : HttpMessageHandler
    {
        private static readonly byte[] Answer = Frame(new GetObjectResponse { Content = ByteString.CopyFrom(new byte[1024]) });
        private static readonly byte[] Probe = Frame(new ProbeResponse { Node = "LHR50-1", Region = "eu-west-2", Residence = new() });

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return request.RequestUri!.AbsolutePath switch
            {
                "/edgemesh.v1.MeshService/WatchMesh" => Create(new StreamContent(new WatchStream(Frame(Mesh())))),
                "/edgemesh.v1.LatencyService/Probe" => Create(new ByteArrayContent(Probe)),
                _ => Create(new ByteArrayContent(Answer)),
            };
        }

        private static HttpResponseMessage Create(HttpContent content)
        {
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Version = HttpVersion.Version20, Content = content };
            content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
            answer.TrailingHeaders.TryAddWithoutValidation(HeaderNames.GrpcStatus, "0");
            return answer;
        }

        private static byte[] Frame(IMessage message)
        {
            var frame = new byte[MessageFrame.HeaderSize + message.CalculateSize()];
            MessageFrame.WriteHeader(frame, isCompressed: false, (uint)(frame.Length - MessageFrame.HeaderSize));
            message.WriteTo(frame.AsSpan(MessageFrame.HeaderSize));
            return frame;
        }

        private WatchMeshResponse Mesh()
        {
            var mesh = new WatchMeshResponse { Region = "eu-west-2", Version = 1 };
            mesh.Nodes.Add(new MeshMember { Name = "LHR50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:1", State = NodeState.Ready });
            mesh.Nodes.Add(new MeshMember { Name = "LHR50-2", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:2", State = NodeState.Ready });
            mesh.Methods.Add(new MethodShape { Method = Method, SideEffectFree = isSafe });
            return mesh;
        }
    }

    /// <summary>What a node tells at once, and then nothing more.</summary>
    private sealed class WatchStream(byte[] first) : MemoryStream(first, writable: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == Length)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Read(buffer.Span);
        }
    }
}
