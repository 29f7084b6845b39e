using EdgeMesh.Region.Zones;
using EdgeMesh.Storage;
using EdgeMesh.Testing;

namespace EdgeMesh.Region.Tests.Zones;

public sealed class ZoneGroupsTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void TrySet_GroupThatAZoneNamed_IsKeptAcrossARestart()
    {
        var groups = ZoneGroups.Open(_data.Path, []);
        var told = new List<string>();
        groups.Changed += changed => told.Add(string.Join(' ', changed.Select(group => $"{group.Key}={group.Value}")));
        Assert.False(groups.TrySet("eu-west-2-man-1", true));

        Assert.True(groups.Note("eu-west-2-man-1"));
        Assert.True(groups.TrySet("eu-west-2-man-1", true));
        Assert.True(groups.Note("eu-west-2-man-1"));
        Assert.True(groups.TrySet("eu-west-2-man-1", true));

        Assert.Equal(["eu-west-2-man-1=False", "eu-west-2-man-1=True"], told);
        Assert.Equal([KeyValuePair.Create("eu-west-2-man-1", true)], ZoneGroups.Open(_data.Path, []).Current);
    }

    [Fact]
    public void Open_GroupOfTheOptions_IsOptedIntoUntilSomebodyOptsOut()
    {
        var groups = ZoneGroups.Open(_data.Path, ["eu-west-2-man-1"]);
        Assert.True(groups.Current["eu-west-2-man-1"]);

        Assert.True(groups.TrySet("eu-west-2-man-1", false));

        Assert.False(ZoneGroups.Open(_data.Path, ["eu-west-2-man-1"]).Current["eu-west-2-man-1"]);
    }

    [Fact]
    public void Note_MoreGroupsThanTheLimit_IsRefused()
    {
        var groups = ZoneGroups.Open(_data.Path, Enumerable.Range(0, ZoneGroups.MaxGroups).Select(i => $"eu-west-2-m{(char)('a' + (i / 25 % 26))}{(char)('a' + (i / 650))}-{(i % 25) + 1}"));
        Assert.Equal(ZoneGroups.MaxGroups, groups.Current.Count);

        Assert.False(groups.Note("eu-west-2-zzz-1"));
        Assert.True(groups.Note(groups.Current.Keys.First()));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"nowhere\": true}")]
    public void Open_DamagedFile_NamesIt(string content)
    {
        File.WriteAllText(Path.Combine(_data.Path, "zone-groups.json"), content);

        Assert.Contains("zone-groups.json", Assert.Throws<DataDirectoryException>(() => ZoneGroups.Open(_data.Path, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TrySet_DiskRefuses_ChangesNothing()
    {
        var groups = ZoneGroups.Open(_data.Path, ["eu-west-2-man-1"]);
        Directory.CreateDirectory(Path.Combine(_data.Path, "zone-groups.json.new"));

        Assert.ThrowsAny<Exception>(() => groups.TrySet("eu-west-2-man-1", false));

        Assert.True(groups.Current["eu-west-2-man-1"]);
    }
}
