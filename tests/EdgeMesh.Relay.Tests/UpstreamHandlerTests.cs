using System.Net;
using System.Text;
using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Relay.Tests;

public sealed class UpstreamHandlerTests
{
    [Fact]
    public void Create_EveryPropertyThatIsNotSafeByDefault_IsSet()
    {
        using var handler = UpstreamHandler.Create();

        Assert.False(handler.UseCookies);
        Assert.False(handler.AllowAutoRedirect);
        Assert.False(handler.UseProxy);
        Assert.Equal(DecompressionMethods.None, handler.AutomaticDecompression);
        Assert.Null(handler.ActivityHeadersPropagator);
        Assert.True(handler.EnableMultipleHttp2Connections);
        Assert.InRange(handler.ConnectTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Assert.Equal(Timeout.InfiniteTimeSpan, handler.KeepAlivePingDelay);
        Assert.Same(Encoding.Latin1, handler.RequestHeaderEncodingSelector!("x", new HttpRequestMessage()));
        Assert.Same(Encoding.Latin1, handler.ResponseHeaderEncodingSelector!("x", new HttpRequestMessage()));
        Assert.NotNull(handler.PlaintextStreamFilter);
    }

    [Fact]
    public void CreateForNode_PeerIsDead_IsNoticedByPings()
    {
        using var handler = UpstreamHandler.CreateForNode();

        Assert.InRange(handler.KeepAlivePingDelay + handler.KeepAlivePingTimeout, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15));
        Assert.Equal(HttpKeepAlivePingPolicy.Always, handler.KeepAlivePingPolicy);
        Assert.False(handler.UseCookies);
        Assert.NotNull(handler.PlaintextStreamFilter);
    }
}
