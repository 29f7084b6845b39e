namespace EdgeMesh.LocalZone.Tests;

public sealed class LocalZoneOptionsTests
{
    [Theory]
    [InlineData("eu-west-2-man-1a", null, "eu-west-2-man-1")]
    [InlineData("us-gov-west-1-bos-12b", null, "us-gov-west-1-bos-12")]
    [InlineData("eu-west-2-man-2a", "eu-west-2-man-1", "eu-west-2-man-1")]
    public void ZoneGroup_NotSaid_IsThatOfTheName(string name, string? group, string expected)
    {
        var options = Options(name, group);

        Assert.Empty(options.FindFaults());
        Assert.Equal(expected, options.ZoneGroup);
        Assert.Equal(new Uri("http://127.0.0.1:6500"), options.Validate().JoinAddress);
    }

    [Theory]
    [InlineData("LHR50-1", null, "--name must be its Region's name, '-', 3 letters a-z, '-', a number from 1 to 99 and a letter a-z, like eu-west-2-man-1a; is \"LHR50-1\"")]
    [InlineData("eu-west-2-man-1a", "man-1", "--group must be its Region's name, '-', 3 letters a-z, '-' and a number from 1 to 99, like eu-west-2-man-1; is \"man-1\"")]
    [InlineData("eu-west-2-man-1a", "us-east-1-bos-1", "--group must be of the zone's own Region, eu-west-2; is \"us-east-1-bos-1\"")]
    public void FindFaults_WrongNameOrGroup_NamesRuleAndValue(string name, string? group, string expected) =>
        Assert.Equal(expected, Assert.Single(Options(name, group).FindFaults()));

    [Fact]
    public void FindFaults_DataIsAFile_NamesIt()
    {
        var file = typeof(LocalZoneOptionsTests).Assembly.Location;

        Assert.StartsWith("--data must name a directory", Assert.Single(new LocalZoneOptions { Name = "eu-west-2-man-1a", Region = new Uri("http://127.0.0.1:6400"), DataDirectory = file }.FindFaults()), StringComparison.Ordinal);
    }

    private static LocalZoneOptions Options(string name, string? group) => new() { Name = name, Group = group, Region = new Uri("http://127.0.0.1:6400") };
}
