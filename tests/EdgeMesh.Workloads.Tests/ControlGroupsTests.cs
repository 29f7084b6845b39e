using EdgeMesh.Testing;
using EdgeMesh.Workloads.Processes;

namespace EdgeMesh.Workloads.Tests;

/// <summary>What is written to the kernel's files, and what is said where there are none.</summary>
public sealed class ControlGroupsTests : IDisposable
{
    private readonly TempDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Create_ControllersAreThere_MovesTheNodeAndWritesTheLimits()
    {
        File.WriteAllText(_root.File("cgroup.controllers"), "cpuset cpu io memory pids\n");
        File.WriteAllText(_root.File("own"), "0::/\n");

        var group = new ControlGroups(_root.Path, _root.File("own")).TryCreate("shop-1", 64 * 1024 * 1024, 0.5);

        Assert.NotNull(group);
        Assert.Equal("+memory +cpu", File.ReadAllText(_root.File("cgroup.subtree_control")));
        Assert.Equal($"{Environment.ProcessId}", File.ReadAllText(_root.File("edgemesh-node", "cgroup.procs")));
        Assert.Equal("67108864", File.ReadAllText(_root.File("edgemesh-shop-1", "memory.max")));
        Assert.Equal("50000 100000", File.ReadAllText(_root.File("edgemesh-shop-1", "cpu.max")));
        Assert.Equal(_root.File("edgemesh-shop-1", "cgroup.procs"), group.ProcessesFile);

        Assert.False(group.WasOutOfMemory());
        File.WriteAllText(_root.File("edgemesh-shop-1", "memory.events"), "low 0\noom 1\noom_kill 2\n");
        Assert.True(group.WasOutOfMemory());
    }

    [Theory]
    [InlineData(null, "there is no cgroup v2 at ")]
    [InlineData("cpu pids", " has no memory controller")]
    public void Create_ControllersAreMissing_SaysWhich(string? controllers, string fault)
    {
        File.WriteAllText(_root.File("own"), "0::/\n");
        if (controllers is not null)
        {
            File.WriteAllText(_root.File("cgroup.controllers"), controllers);
        }

        var groups = new ControlGroups(_root.Path, _root.File("own"));

        Assert.Null(groups.TryCreate("shop-1", 1, null));
        Assert.Contains(fault, groups.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_NodeMayMakeNone_SaysWhereAndWhatWouldHelp()
    {
        File.WriteAllText(_root.File("cgroup.controllers"), "cpu memory\n");
        File.WriteAllText(_root.File("own"), "0::/\n");
        File.WriteAllText(_root.File("edgemesh-node"), "in the way of a directory, as a missing permission is");

        var groups = new ControlGroups(_root.Path, _root.File("own"));

        Assert.Null(groups.TryCreate("shop-1", 1, null));
        Assert.StartsWith($"the node may make no groups below {_root.Path}/, as it could with a delegated one, Delegate=yes in its systemd unit: ", groups.Fault, StringComparison.Ordinal);
    }
}
