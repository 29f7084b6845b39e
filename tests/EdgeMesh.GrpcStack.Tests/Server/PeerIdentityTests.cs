using System.Net;
using EdgeMesh.GrpcStack.Server;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class PeerIdentityTests
{
    [Theory]
    [InlineData("127.0.0.1", "ipv4:127.0.0.1:5000")]
    [InlineData("::1", "ipv6:[::1]:5000")]
    [InlineData(null, "unknown")]
    public void Address_OfAConnection_IsGrpcs(string? address, string expected)
    {
        var connection = new DefaultHttpContext().Connection;
        connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        connection.RemotePort = 5000;

        Assert.Equal(expected, PeerIdentity.Address(connection));
    }

    [Fact]
    public void Authenticate_Certificate_GivesItsNames()
    {
        using var certificate = new TestCertificate();

        var context = PeerIdentity.Authenticate(certificate.Certificate);

        Assert.True(context.IsPeerAuthenticated);
        Assert.Equal("x509_subject_alternative_name", context.PeerIdentityPropertyName);
        Assert.Equal(["localhost"], context.PeerIdentity.Select(property => property.Value));
        Assert.Equal(["localhost"], context.FindPropertiesByName("x509_common_name").Select(property => property.Value));
        Assert.Equal(2, context.Properties.Count());
    }

    [Fact]
    public void Authenticate_NoCertificate_IsNobody()
    {
        var context = PeerIdentity.Authenticate(null);

        Assert.False(context.IsPeerAuthenticated);
        Assert.Empty(context.PeerIdentity);
        Assert.Empty(context.FindPropertiesByName("x509_common_name"));
    }
}
