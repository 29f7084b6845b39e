using EdgeMesh.V1;

namespace EdgeMesh.Relay.Tests;

public sealed class NodeNamesTests
{
    [Theory]
    [InlineData(NodeKind.Region, "eu-west-2")]
    [InlineData(NodeKind.Region, "us-gov-west-1")]
    [InlineData(NodeKind.Region, "ap-southeast-12")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1")]
    [InlineData(NodeKind.EdgeLocation, "MAN999-100")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1a")]
    [InlineData(NodeKind.LocalZone, "us-gov-west-1-bos-12b")]
    public void FindViolation_RightName_IsNull(NodeKind kind, string name) => Assert.Null(NodeNames.FindViolation(kind, name));

    [Theory]
    [InlineData(NodeKind.Region, "")]
    [InlineData(NodeKind.Region, "eu-west")]
    [InlineData(NodeKind.Region, "EU-west-2")]
    [InlineData(NodeKind.Region, "eu-west-02")]
    [InlineData(NodeKind.Region, "eu-west-2a")]
    [InlineData(NodeKind.Region, "eu-west-2\n")]
    [InlineData(NodeKind.Region, "eu-wést-2")]
    [InlineData(NodeKind.Region, "eu-west-north-south-2")]
    [InlineData(NodeKind.Region, "abcdefghijk-west-2")]
    [InlineData(NodeKind.EdgeLocation, "lhr50-1")]
    [InlineData(NodeKind.EdgeLocation, "LHR50")]
    [InlineData(NodeKind.EdgeLocation, "LHR0-1")]
    [InlineData(NodeKind.EdgeLocation, "LHR50-1000")]
    [InlineData(NodeKind.EdgeLocation, "eu-west-2")]
    [InlineData(NodeKind.LocalZone, "eu-west-2")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-man-1")]
    [InlineData(NodeKind.LocalZone, "eu-west-2-manc-1a")]
    public void FindViolation_WrongName_NamesRuleAndValue(NodeKind kind, string name)
    {
        var violation = NodeNames.FindViolation(kind, name);

        Assert.NotNull(violation);
        Assert.StartsWith("must be ", violation, StringComparison.Ordinal);
        Assert.EndsWith(NodeNames.Quote(name), violation, StringComparison.Ordinal);
    }

    [Fact]
    public void FindViolation_NoKind_IsTheCallersFault() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NodeNames.FindViolation(NodeKind.Unspecified, "LHR50-1"));

    [Fact]
    public void Quote_HostileText_IsCutAndEscaped()
    {
        Assert.Equal("\"a\\u000d\\u000a\\u0022\\u005c\\u00e9\"", NodeNames.Quote("a\r\n\"\\é"));
        Assert.Equal($"\"{new string('x', 48)}\"...", NodeNames.Quote(new string('x', 1000)));
    }
}
