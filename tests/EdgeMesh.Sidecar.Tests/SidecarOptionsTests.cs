using EdgeMesh.Testing;

namespace EdgeMesh.Sidecar.Tests;

public sealed class SidecarOptionsTests
{
    private static readonly Uri Node = new("http://127.0.0.1:6401");

    [Theory]
    [InlineData("127.0.0.1:6440")]
    [InlineData("[::1]:0")]
    [InlineData("localhost:6440")]
    [InlineData("unix:/tmp/mesh.sock")]
    public void FindFaults_LocalListener_None(string listen) => Assert.Empty(new SidecarOptions { Mesh = [Node], Listen = listen }.FindFaults());

    [Fact]
    public void FindFaults_EverythingWrong_NamesEachOption()
    {
        var options = new SidecarOptions { Name = "a b", Mesh = [new Uri("http://h/path")], Listen = "nowhere", AdminListen = "neither", MeshAuthorityPath = "/none.pem", Sticky = "X-User" };

        Assert.Equal(["--name", "--mesh", "--sticky", "--listen", "--mesh-ca", "--admin-listen"], options.FindFaults().Select(fault => fault.Split(' ')[0]));
    }

    [Fact]
    public void FindFaults_NoAddressOrTooMany_SaysHowMany()
    {
        Assert.Equal(["--mesh must be 1 to 64 addresses, got 0"], new SidecarOptions { Mesh = [] }.FindFaults());
        Assert.Equal(["--mesh must be 1 to 64 addresses, got 65"], new SidecarOptions { Mesh = [.. Enumerable.Repeat(Node, 65)] }.FindFaults());
    }

    [Fact]
    public void FindFaults_BeyondLoopback_WantsTlsOrInsecure()
    {
        Assert.StartsWith("--listen 0.0.0.0:6440 is beyond loopback", Assert.Single(new SidecarOptions { Mesh = [Node], Listen = "0.0.0.0:6440" }.FindFaults()), StringComparison.Ordinal);
        Assert.Empty(new SidecarOptions { Mesh = [Node], Listen = "0.0.0.0:6440", Insecure = true }.FindFaults());
    }

    [Fact]
    public void FindFaults_SocketPathBeyondWhatASocketCanHave_SaysSo()
    {
        using var directory = new TempDirectory();
        var fault = Assert.Single(new SidecarOptions { Mesh = [Node], Listen = $"unix:{directory.File(new string('x', 200))}" }.FindFaults());

        Assert.StartsWith("--listen must be unix:PATH with a path that a socket can have", fault, StringComparison.Ordinal);
    }
}
