namespace EdgeMesh.Client.Tests;

public sealed class EdgeMeshClientOptionsTests
{
    [Fact]
    public void Validate_SeveralFaults_NamesEachWithItsLimitAndValue()
    {
        var options = new EdgeMeshClientOptions
        {
            Bootstrap = [new Uri("http://127.0.0.1:6401/path"), new Uri("ftp://127.0.0.1")],
            MaxHeldBytes = -1,
            MaxAttempts = 11,
            ProbeInterval = TimeSpan.FromMilliseconds(1),
        };

        var lines = Assert.Throws<ArgumentException>(() => new EdgeMeshHandler(options)).Message.Split('\n');

        Assert.Equal(5, lines.Length);
        Assert.StartsWith("Bootstrap: ", lines[0], StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:6401/path", lines[0], StringComparison.Ordinal);
        Assert.Contains("ftp://127.0.0.1", lines[1], StringComparison.Ordinal);
        Assert.Equal("ProbeInterval: must be 00:00:00.2500000 to 01:00:00; is 00:00:00.0010000", lines[2]);
        Assert.Equal("MaxHeldBytes: must be 0 to 67108864 bytes; is -1", lines[3]);
        Assert.Equal("MaxAttempts: must be 1 to 10; is 11", lines[4]);
    }

    [Fact]
    public void Validate_NoBootstrap_IsRefused() =>
        Assert.Contains("Bootstrap: must be 1 to 64 addresses; are 0", Assert.Throws<ArgumentException>(() => new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [] })).Message, StringComparison.Ordinal);
}
