using EdgeMesh.Region.Topology;
using EdgeMesh.V1;

namespace EdgeMesh.Region.Tests.Topology;

public sealed class HelloRulesTests
{
    private static readonly JoinRequest.Types.Hello Right = new() { Name = "LHR50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", Version = "0.1.0" };

    [Theory]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://127.0.0.1:6401")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "https://edge.example")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://[::1]:6401")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1a", "http://127.0.0.1:6411")]
    public void FindViolations_RightHello_FindsNone(NodeKind kind, string name, string address) => Assert.Empty(Find(kind, name, address, "0.1.0"));

    [Theory]
    [InlineData(NodeKind.EdgeLocation, "lhr", "http://127.0.0.1:6401", "0.1.0", "hello.name", "\"lhr\"")]
    [InlineData(NodeKind.LocalZone, "us-east-1-bos-1a", "http://127.0.0.1:6401", "0.1.0", "hello.name", "eu-west-2; is \"us-east-1-bos-1a\"")]
    [InlineData(NodeKind.Region, "eu-west-2", "http://127.0.0.1:6401", "0.1.0", "hello.kind", "is 1")]
    [InlineData((NodeKind)77, "LHR50-1", "http://127.0.0.1:6401", "0.1.0", "hello.kind", "is 77")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "", "0.1.0", "hello.address", "\"\"")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "ftp://127.0.0.1", "0.1.0", "hello.address", "ftp")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://127.0.0.1:6401/path", "0.1.0", "hello.address", "/path")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://user@127.0.0.1:6401", "0.1.0", "hello.address", "user@")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://127.0.0.1:6401/?q", "0.1.0", "hello.address", "?q")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://a b:6401", "0.1.0", "hello.address", "a b")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://127.0.0.1:6401", "", "hello.version", "\"\"")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "http://127.0.0.1:6401", "0.1\r\n", "hello.version", "0.1\\u000d")]
    public void FindViolations_WrongField_NamesItItsLimitAndValue(NodeKind kind, string name, string address, string version, string field, string part)
    {
        var violation = Assert.Single(Find(kind, name, address, version));

        Assert.Equal(field, violation.Field);
        Assert.StartsWith("must b", violation.Description, StringComparison.Ordinal);
        Assert.Contains(part, violation.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1a", "", "LHR50-1", "hello.via: must be empty, since a Local Zone joins its Region itself; is \"LHR50-1\"")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "eu-west-2-man-1", "", "hello.zone_group: must be empty for a node that is no Local Zone; is \"eu-west-2-man-1\"")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1a", "eu-west-2-man-1a", "", "hello.zone_group: must be its Region's name")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1a", "us-east-1-bos-1", "", "hello.zone_group: must begin with this Region's name, eu-west-2; is \"us-east-1-bos-1\"")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1", "", "nobody", "hello.via: must be up to 8 names of edge locations and Local Zones; are \"nobody\"")]
    public void FindViolations_ZoneThatIsNoneOfThisRegions_NamesFieldRuleAndValue(NodeKind kind, string name, string group, string via, string expected)
    {
        var hello = new JoinRequest.Types.Hello { Name = name, Kind = kind, Address = "http://127.0.0.1:6401", Version = "0.1.0", ZoneGroup = group, Via = { via.Split(' ', StringSplitOptions.RemoveEmptyEntries) } };

        var violation = Assert.Single(HelloRules.FindViolations(hello, "eu-west-2"));
        Assert.StartsWith(expected, $"{violation.Field}: {violation.Description}", StringComparison.Ordinal);
    }

    [Fact]
    public void FindViolations_EdgeBelowAZone_HasNone() =>
        Assert.Empty(HelloRules.FindViolations(new JoinRequest.Types.Hello { Name = "MAN50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", Version = "0.1.0", Via = { "eu-west-2-man-1a" } }, "eu-west-2"));

    [Fact]
    public void FindViolations_SeveralWrongFields_NamesAll() =>
        Assert.Equal(["hello.name", "hello.address", "hello.version"], Find(NodeKind.EdgeLocation, "x", "y", " ").Select(v => v.Field));

    [Theory]
    [InlineData(90.1, 0, "is 90.1, 0")]
    [InlineData(0, -180.5, "is 0, -180.5")]
    [InlineData(double.NaN, 0, "is NaN, 0")]
    [InlineData(0, double.PositiveInfinity, "is 0, ")]
    public void FindViolations_PositionOffTheEarth_IsOne(double latitude, double longitude, string part)
    {
        var hello = new JoinRequest.Types.Hello(Right) { Position = new Position { Latitude = latitude, Longitude = longitude } };

        var violation = Assert.Single(HelloRules.FindViolations(hello, "eu-west-2"));

        Assert.Equal("hello.position", violation.Field);
        Assert.Contains(part, violation.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "eu-west-2")]
    [InlineData(9, "LHR50-2")]
    public void FindViolations_WrongVia_IsOne(int count, string name)
    {
        var hello = Right.Clone();
        hello.Via.AddRange(Enumerable.Repeat(name, count));

        Assert.Equal("hello.via", Assert.Single(HelloRules.FindViolations(hello, "eu-west-2")).Field);
    }

    [Theory]
    [InlineData("G B")]
    [InlineData("GB\n")]
    [InlineData("a-jurisdiction-of-33-letters-xxxxx")]
    public void FindViolations_WrongJurisdiction_IsOne(string jurisdiction) =>
        Assert.Equal("hello.jurisdiction", Assert.Single(HelloRules.FindViolations(new(Right) { Jurisdiction = jurisdiction }, "eu-west-2")).Field);

    [Fact]
    public void FindViolations_PositionAndJurisdiction_AreTaken() =>
        Assert.Empty(HelloRules.FindViolations(new(Right) { Position = new Position { Latitude = -90, Longitude = 180 }, Jurisdiction = "GB" }, "eu-west-2"));

    [Fact]
    public void FindViolations_AddressOverItsLimit_IsOne() =>
        Assert.Equal("hello.address", Assert.Single(Find(NodeKind.EdgeLocation, "LHR50-1", "http://" + new string('h', 249), "1")).Field);

    private static IReadOnlyList<Google.Rpc.BadRequest.Types.FieldViolation> Find(NodeKind kind, string name, string address, string version) =>
        HelloRules.FindViolations(new JoinRequest.Types.Hello { Name = name, Kind = kind, Address = address, Version = version }, "eu-west-2");
}
