using System.Net;
using EdgeMesh.Client.Calls;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EdgeMesh.Client.Tests.Calls;

/// <summary>What nodes, and things that are none, may answer.</summary>
public sealed class NodeRpcTests
{
    private static readonly Uri Target = new("http://127.0.0.1:6401/edgemesh.v1.LatencyService/Probe");
    private static readonly byte[] Message = Frame(new ProbeResponse { Node = "LHR50-1" }.ToByteArray());

    [Fact]
    public async Task CallAsync_OneMessageAndOk_IsThatMessage() => Assert.Equal("LHR50-1", (await CallAsync(Message, "0")).Node);

    [Fact]
    public async Task CallAsync_TrailersOnly_IsItsStatus()
    {
        var fault = await Assert.ThrowsAsync<NodeRpcException>(() => CallAsync(() =>
        {
            var answer = Answer([], null);
            answer.Headers.TryAddWithoutValidation("grpc-status", "14");
            answer.Headers.TryAddWithoutValidation("grpc-message", "not%20now");
            return answer;
        }));

        Assert.Equal((GrpcStatusCode.Unavailable, "not now"), (fault.Code, fault.Message));
    }

    [Fact]
    public async Task CallAsync_NotGrpc_SaysThatNoNodeAnswers()
    {
        var fault = await Assert.ThrowsAsync<NodeRpcException>(() => CallAsync(() => new HttpResponseMessage(HttpStatusCode.NotFound)));

        Assert.Equal((GrpcStatusCode.Unimplemented, "HTTP status 404: no EdgeMesh node answers there"), (fault.Code, fault.Message));
    }

    [Fact]
    public async Task CallAsync_ConnectionRefused_SaysSo()
    {
        var fault = await Assert.ThrowsAsync<NodeRpcException>(() => CallAsync(() => throw new HttpRequestException("x", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused))));

        Assert.Equal((GrpcStatusCode.Unavailable, "connection refused"), (fault.Code, fault.Message));
    }

    public static TheoryData<string, byte[], string?> Malformed => new()
    {
        { "no message", [], "0" },
        { "two messages", [.. Message, .. Message], "0" },
        { "no status", Message, null },
        { "a status that is none", Message, "ok" },
        { "an end within a header", Message[..3], "0" },
        { "an end within a message", Message[..^1], "0" },
        { "a compressed message", [1, .. Message[1..]], "0" },
        { "a flag that is none", [2, .. Message[1..]], "0" },
        { "a message beyond the limit", [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], "0" },
        { "a message that cannot be read", Frame([0xff, 0xff, 0xff]), "0" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task CallAsync_Malformed_IsInternal(string what, byte[] body, string? status) =>
        Assert.True((await Assert.ThrowsAsync<NodeRpcException>(() => CallAsync(body, status))).Code == GrpcStatusCode.Internal, what);

    [Fact]
    public void CallAsync_AnyBytes_IsAMessageOrAFault() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 1, 2)).Select(value => (byte)value).ArrayOf().ToArbitrary(), bytes =>
        {
            try
            {
                _ = CallAsync(bytes, "0").GetAwaiter().GetResult();
            }
            catch (NodeRpcException)
            {
                // What it is for.
            }
        }));

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, isCompressed: false, (uint)message.Length);
        message.CopyTo(frame, MessageFrame.HeaderSize);
        return frame;
    }

    private static Task<ProbeResponse> CallAsync(byte[] body, string? status) => CallAsync(() => Answer(body, status));

    private static async Task<ProbeResponse> CallAsync(Func<HttpResponseMessage> answer)
    {
        using var invoker = new HttpMessageInvoker(new Answering(answer));
        return await NodeRpc.CallAsync(invoker, Target, new ProbeRequest(), ProbeResponse.Parser, CancellationToken.None);
    }

    private static HttpResponseMessage Answer(byte[] body, string? status)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        if (status is not null)
        {
            answer.TrailingHeaders.TryAddWithoutValidation("grpc-status", status);
        }

        return answer;
    }

    private sealed class Answering(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer());
    }
}
