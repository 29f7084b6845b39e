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
            HedgeShare = 1.5,
            Sticky = new StickyOptions { Key = null!, Nodes = 17, LoadFactor = 1 },
        };

        var lines = Assert.Throws<ArgumentException>(() => new EdgeMeshHandler(options)).Message.Split('\n');

        Assert.Equal(9, lines.Length);
        Assert.StartsWith("Bootstrap: ", lines[0], StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:6401/path", lines[0], StringComparison.Ordinal);
        Assert.Contains("ftp://127.0.0.1", lines[1], StringComparison.Ordinal);
        Assert.Equal("ProbeInterval: must be 00:00:00.2000000 to 01:00:00; is 00:00:00.0010000", lines[2]);
        Assert.Equal("MaxHeldBytes: must be 0 to 67108864 bytes; is -1", lines[3]);
        Assert.Equal("MaxAttempts: must be 1 to 10; is 11", lines[4]);
        Assert.Equal("HedgeShare: must be 0 to 1; is 1.5", lines[5]);
        Assert.Equal("Sticky.Key: must be set", lines[6]);
        Assert.Equal("Sticky.Nodes: must be 1 to 16; is 17", lines[7]);
        Assert.Equal("Sticky.LoadFactor: must be 1.05 to 100; is 1", lines[8]);
    }

    [Fact]
    public void Validate_NoBootstrap_IsRefused() =>
        Assert.Contains("Bootstrap: must be 1 to 64 addresses; are 0", Assert.Throws<ArgumentException>(() => new EdgeMeshHandler(new EdgeMeshClientOptions { Bootstrap = [] })).Message, StringComparison.Ordinal);
}
