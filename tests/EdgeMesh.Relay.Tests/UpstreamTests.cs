using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Relay.Tests;

public sealed class UpstreamTests
{
    private static readonly Upstream Origin = new("origin shop.v1.", new Uri("http://127.0.0.1:9000"), new HttpMessageInvoker(new HttpClientHandler()));

    [Fact]
    public void Target_SamePath_IsTheSameObject() => Assert.Same(Origin.Target("/shop.v1.Catalog/Get"), Origin.Target("/shop.v1.Catalog/Get"));

    [Theory]
    [InlineData("/shop.v1.Catalog/Get")]
    [InlineData("/shop.v1.Catalog/../Get")]
    [InlineData("/shop.v1.Catalog//Get;x")]
    public void Target_AnyPath_GoesAsItIs(string path)
    {
        Assert.Equal(path, Origin.Target(path).PathAndQuery);
        Assert.Equal("127.0.0.1:9000", Origin.Target(path).Authority);
    }

    [Fact]
    public void Target_PathsMadeUp_AreNotAllRemembered()
    {
        var origin = new Upstream("origin", new Uri("http://127.0.0.1:9000"), Origin.Invoker);
        for (var i = 0; i < 5000; i++)
        {
            origin.Target($"/made.up/{i}");
        }

        Assert.NotSame(origin.Target("/made.up/4999"), origin.Target("/made.up/4999"));
        Assert.Same(origin.Target("/made.up/0"), origin.Target("/made.up/0"));
        Assert.Equal("/made.up/4999", origin.Target("/made.up/4999").PathAndQuery);
    }
}
