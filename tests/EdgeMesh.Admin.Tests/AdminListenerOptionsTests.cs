using System.Net;

namespace EdgeMesh.Admin.Tests;

public sealed class AdminListenerOptionsTests
{
    [Theory]
    [InlineData(null, "127.0.0.1:6400", "127.0.0.1:6500")]
    [InlineData(null, "0.0.0.0:6401", "127.0.0.1:6501")]
    [InlineData(null, "[::]:0", "127.0.0.1:0")]
    [InlineData("[::1]:7000", "127.0.0.1:6400", "[::1]:7000")]
    [InlineData("localhost:7000", "127.0.0.1:6400", "127.0.0.1:7000")]
    public void Validate_Right_GivesWhereToListen(string? admin, string data, string expected)
    {
        var failures = new List<string>();

        Assert.Equal(IPEndPoint.Parse(expected), new AdminListenerOptions(admin, IsTls: false, IsInsecureAllowed: false).Validate(IPEndPoint.Parse(data), failures));
        Assert.Empty(failures);
    }

    [Theory]
    [InlineData(null, "127.0.0.1:65436", "65536")]
    [InlineData("7000", "127.0.0.1:6400", "\"7000\"")]
    [InlineData("0.0.0.0:7000", "127.0.0.1:6400", "--insecure")]
    public void Validate_Wrong_SaysWhy(string? admin, string data, string named)
    {
        var failures = new List<string>();

        new AdminListenerOptions(admin, IsTls: false, IsInsecureAllowed: false).Validate(IPEndPoint.Parse(data), failures);

        Assert.StartsWith("--admin-listen", Assert.Single(failures));
        Assert.Contains(named, failures[0]);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Validate_BeyondLoopbackWithTlsOrInsecure_IsAllowed(bool isTls, bool isInsecureAllowed)
    {
        var failures = new List<string>();

        Assert.NotNull(new AdminListenerOptions("0.0.0.0:7000", isTls, isInsecureAllowed).Validate(new IPEndPoint(IPAddress.Any, 6400), failures));
        Assert.Empty(failures);
    }
}
