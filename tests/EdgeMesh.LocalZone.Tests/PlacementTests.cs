using EdgeMesh.Storage;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone.Tests;

public sealed class PlacementTests : IDisposable
{
    private const string Zone = "eu-west-2-man-1a";
    private const string Group = "eu-west-2-man-1";

    private readonly TempDirectory _data = new();
    private readonly LogCollector _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void IsEnabled_NeverTold_IsFalse()
    {
        Assert.False(Open().IsEnabled);
        Assert.Contains("not told yet", Open().Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_TopologyThatSaysSo_HoldsAndIsKeptForAStartWithoutTheRegion()
    {
        var placement = Open();

        Assert.True(placement.Learn(Topology(true)));
        Assert.False(placement.Learn(Topology(true)));
        Assert.True(placement.IsEnabled);
        Assert.Equal("zone group eu-west-2-man-1 is enabled", placement.Describe());
        Assert.True(Open().IsEnabled);

        Assert.True(placement.Learn(Topology(false)));
        Assert.Contains("is disabled", placement.Describe(), StringComparison.Ordinal);
        Assert.False(Open().IsEnabled);
    }

    [Fact]
    public void Learn_WithoutADataDirectory_HoldsWhileTheProcessLives()
    {
        var placement = new Placement(Zone, Group, null, _log.CreateLogger<Placement>());
        placement.Learn(Topology(true));

        Assert.True(placement.IsEnabled);
    }

    [Fact]
    public void Learn_TopologyWithoutThisZone_ChangesNothing()
    {
        var placement = Open();
        placement.Learn(Topology(true));

        Assert.False(placement.Learn(new JoinResponse()));
        Assert.True(placement.IsEnabled);
    }

    [Fact]
    public void Open_WordOfAnotherGroup_IsNotTakenOver()
    {
        Open().Learn(Topology(true));

        Assert.False(new Placement(Zone, "eu-west-2-man-2", PlacementFile.Open(_data.Path), _log.CreateLogger<Placement>()).IsEnabled);
    }

    [Fact]
    public void Open_DamagedFile_NamesIt()
    {
        File.WriteAllText(Path.Combine(_data.Path, "placement.json"), "{");

        Assert.Contains("placement.json", Assert.Throws<DataDirectoryException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_DiskRefuses_HoldsAndSaysSo()
    {
        Directory.CreateDirectory(Path.Combine(_data.Path, "placement.json.new"));
        var placement = Open();
        placement.Learn(Topology(true));

        Assert.True(placement.IsEnabled);
        Assert.Contains(_log.Lines, line => line.EventId.Id == 5101);
    }

    private static JoinResponse Topology(bool enabled) => new() { Nodes = { new NodeInfo { Name = Zone, Kind = NodeKind.LocalZone, ZoneGroup = Group, ZoneGroupEnabled = enabled } } };

    private Placement Open() => new(Zone, Group, PlacementFile.Open(_data.Path), _log.CreateLogger<Placement>());
}
