using System.Net;
using EdgeMesh.Client.Calls;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Testing;

namespace EdgeMesh.Client.Tests.Calls;

public sealed class CallDeadlineTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly NodeState _node;

    public CallDeadlineTests() => _node = new NodeState("LHR50-1", new Uri("http://127.0.0.1:6401"), _ => new SocketsHttpHandler(), _time, isWarm: true);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Copy_AfterAWhile_IsTheSameButForAddressAndWhatIsLeft()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://mesh/a.B/C?x=%20") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.TryAddWithoutValidation("grpc-timeout", "1000m");
        request.Headers.TryAddWithoutValidation("x-many", ["a", "b"]);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.Host = "mesh";
        var deadline = new CallDeadline(request, _time);

        _time.Advance(TimeSpan.FromMilliseconds(400));
        using var copy = deadline.Copy(request, _node, null);

        Assert.Equal("http://127.0.0.1:6401/a.B/C?x=%20", copy.RequestUri!.AbsoluteUri);
        Assert.Equal((HttpMethod.Post, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact), (copy.Method, copy.Version, copy.VersionPolicy));
        Assert.Equal(["600000u"], copy.Headers.GetValues("grpc-timeout"));
        Assert.Equal(["a", "b"], copy.Headers.GetValues("x-many"));
        Assert.Equal(["trailers"], copy.Headers.GetValues("te"));
        Assert.Null(copy.Headers.Host);
        Assert.Same(copy.RequestUri, deadline.Copy(request, _node, null).RequestUri);
    }

    [Fact]
    public void Copy_TimeIsUp_SaysSo()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://mesh/a.B/C");
        request.Headers.TryAddWithoutValidation("grpc-timeout", "1S");
        var deadline = new CallDeadline(request, _time);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["0n"], deadline.Copy(request, _node, null).Headers.GetValues("grpc-timeout"));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("")]
    public void Copy_TimeoutThatIsNone_StaysAsItIs(string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://mesh/a.B/C");
        request.Headers.TryAddWithoutValidation("grpc-timeout", value);

        Assert.Equal([value], new CallDeadline(request, _time).Copy(request, _node, null).Headers.GetValues("grpc-timeout"));
    }
}
