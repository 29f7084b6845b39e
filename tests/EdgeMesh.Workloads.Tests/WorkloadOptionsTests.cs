namespace EdgeMesh.Workloads.Tests;

/// <summary>What a user may say of workloads.</summary>
public sealed class WorkloadOptionsTests
{
    private static readonly WorkloadOptions Right = new() { Name = "shop", ServicePrefixes = ["shop.v1."], Command = ["shop"] };

    public static TheoryData<WorkloadOptions, string> Wrong => new()
    {
        { Right with { Name = "Shop" }, "name must be 1 to 40 characters a-z, 0-9 and '-', a letter first, got \"Shop\"" },
        { Right with { ServicePrefixes = [] }, "services must name one prefix or more, like shop.v1." },
        { Right with { ServicePrefixes = ["edgemesh."] }, "services must not take the node's own services (edgemesh.v1.), got \"edgemesh.\"" },
        { Right with { ServicePrefixes = ["a/b"] }, "services must have 1 to 200 characters a-z, A-Z, 0-9, '_' and '.' that begin a service's full name, got \"a/b\"" },
        { Right with { Command = [] }, "must have either a command to run or addresses where it runs" },
        { Right with { Replicas = 101 }, "replicas must be 0 to 100, got 101" },
        { Right with { PortVariable = "EDGEMESH_PORT" }, "port-variable must be a variable's name that does not begin with EDGEMESH_, got \"EDGEMESH_PORT\"" },
        { Right with { MemoryBytes = 5 }, "memory must be 1 MiB or more, got 5 bytes" },
        { Right with { Cpus = 0 }, "cpus must be above 0 and up to 1024, got 0" },
        { Right with { MaxBackoff = TimeSpan.FromMilliseconds(1) }, "max-backoff must be 500 ms to 24 h, got 00:00:00.0010000" },
        { Right with { Volumes = [new("Data", "/data")] }, "volumes must have names of 1 to 40 characters a-z, 0-9 and '-', a letter first, got \"Data\"" },
        { Right with { Command = [], Addresses = [new(new Uri("http://127.0.0.1:1/path"))] }, "addresses must be http or https URLs with host and port only, got \"http://127.0.0.1:1/path\"" },
        { Right with { Command = [], Addresses = [new(new Uri("http://127.0.0.1:1"), Weight: 0)] }, "weight must be 0.01 to 100, got 0" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void FindViolations_OneThingIsWrong_NamesItWithLimitAndValue(WorkloadOptions options, string violation) => Assert.Equal([violation], options.FindViolations());

    [Fact]
    public void FindFaults_TwoWorkloadsWantTheSame_NamesBoth()
    {
        var settings = new WorkloadSettings { Node = "eu-west-2", Workloads = [Right, Right, Right with { Name = "other" }] };

        Assert.Equal(
            ["--workloads has the name \"shop\" 2 times: each must have one of its own", "--workloads shop and shop and other have the same services \"shop.v1.\": each must have prefixes of its own"],
            settings.FindFaults());
        Assert.Empty(new WorkloadSettings { Node = "eu-west-2", Workloads = [Right] }.FindFaults());
    }

    [Fact]
    public void RestartBackoff_ManyFailures_DoublesUpToItsLimit()
    {
        var options = Right with { MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(10) };

        Assert.Equal([1, 2, 4, 8, 10, 10], ((int[])[1, 2, 3, 4, 5, 1000]).Select(failures => Math.Round(RestartBackoff.Next(options, failures, new Testing.ScriptedRandom(0.9999999)).TotalSeconds, 3)));
        Assert.Equal(0.5, RestartBackoff.Next(options, 1, new Testing.ScriptedRandom(0)).TotalSeconds);
    }
}
