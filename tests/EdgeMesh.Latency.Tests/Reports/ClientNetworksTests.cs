using System.Net;
using EdgeMesh.Latency.Reports;

namespace EdgeMesh.Latency.Tests.Reports;

public sealed class ClientNetworksTests
{
    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::/48")]
    [InlineData("::1", "::/48")]
    public void Of_Address_IsItsNetwork(string address, string network)
    {
        Assert.Equal(network, ClientNetworks.Of(IPAddress.Parse(address)).ToString());
        Assert.True(ClientNetworks.TryParse(network, out var parsed));
        Assert.Equal(ClientNetworks.Of(IPAddress.Parse(address)), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("203.0.113.0")]
    [InlineData("203.0.113.0/23")]
    [InlineData("2001:db8::/32")]
    [InlineData("everywhere/24")]
    public void TryParse_NoClientNetwork_IsRefused(string text) => Assert.False(ClientNetworks.TryParse(text, out _));
}
