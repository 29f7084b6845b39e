using EdgeMesh.Relay.Hosting;

namespace EdgeMesh.Relay.Tests;

public sealed class ListenerOptionsTests
{
    [Theory]
    [InlineData("127.0.0.1:6400", "127.0.0.1:6400")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("localhost:6400", "127.0.0.1:6400")]
    [InlineData("[::1]:6400", "[::1]:6400")]
    public void Validate_Loopback_IsTaken(string listen, string expected)
    {
        var failures = new List<string>();

        var (endPoint, tls) = new ListenerOptions(listen, new TlsFiles(null, null), IsInsecureAllowed: false).Validate(failures);

        Assert.Empty(failures);
        Assert.Equal(expected, endPoint!.ToString());
        Assert.Null(tls!.Certificate);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6400")]
    [InlineData(":6400")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:6400")]
    [InlineData("example.com:6400")]
    [InlineData("http://127.0.0.1:6400")]
    public void Validate_NotAnAddress_IsAFaultThatShowsIt(string listen)
    {
        var failures = new List<string>();

        new ListenerOptions(listen, new TlsFiles(null, null), IsInsecureAllowed: true).Validate(failures);

        Assert.Contains($"\"{listen}\"", Assert.Single(failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_BeyondLoopbackInCleartext_NeedsInsecure()
    {
        var failures = new List<string>();

        new ListenerOptions("0.0.0.0:6400", new TlsFiles(null, null), IsInsecureAllowed: false).Validate(failures);
        Assert.Contains("--insecure", Assert.Single(failures), StringComparison.Ordinal);

        failures.Clear();
        new ListenerOptions("0.0.0.0:6400", new TlsFiles(null, null), IsInsecureAllowed: true).Validate(failures);
        Assert.Empty(failures);
    }

    [Theory]
    [InlineData("cert.pem", null, "--tls-key")]
    [InlineData(null, "key.pem", "--tls-cert")]
    [InlineData("no-such-cert.pem", "no-such-key.pem", "no-such-cert.pem")]
    public void Validate_HalfOrMissingCertificate_IsAFaultThatNamesIt(string? certificate, string? key, string named)
    {
        var failures = new List<string>();

        new ListenerOptions("127.0.0.1:0", new TlsFiles(certificate, key), IsInsecureAllowed: false).Validate(failures);

        Assert.Contains(named, Assert.Single(failures), StringComparison.Ordinal);
    }
}
