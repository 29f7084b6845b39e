using System.Collections.Concurrent;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Up;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Up;

/// <summary>A shell plays the node: what matters here is the process around it.</summary>
public sealed class ChildNodeTests
{
    private readonly ConcurrentQueue<string> _lines = [];

    [Fact]
    public async Task Ready_BothLines_GivesTheAddresses()
    {
        await using var child = Start("echo 'admin LHR50-1 http://127.0.0.1:6501'; echo 'ready LHR50-1 http://127.0.0.1:6401'; echo log >&2; cat; exit 0");

        Assert.Equal(new ChildAddresses(new Uri("http://127.0.0.1:6401"), new Uri("http://127.0.0.1:6501")), await child.Ready.WaitAsync(TestDeadline.Default));
        await child.StopAsync(TimeProvider.System);
        Assert.Equal(0, await child.Ended);
        Assert.Equal(["LHR50-1: log"], _lines);
        Assert.True(child.IsStopping);
    }

    [Fact]
    public async Task Ready_ChildComplains_FailsWithItsWords()
    {
        await using var child = Start("echo 'edgemesh: the port is in use' >&2; echo 'See: more' >&2; exit 1");

        var failure = await Assert.ThrowsAsync<CliException>(() => child.Ready.WaitAsync(TestDeadline.Default));
        Assert.Equal("LHR50-1 did not start: the port is in use", failure.Message);
        Assert.Equal(1, await child.Ended);
    }

    [Fact]
    public async Task Ended_KilledChild_128AndTheSignal()
    {
        await using var child = Start("kill -9 $$");

        Assert.Equal(137, await child.Ended.WaitAsync(TestDeadline.Default));
        Assert.False(child.IsStopping);
    }

    [Fact]
    public async Task StopAsync_ChildThatIgnoresTheEnd_IsKilled()
    {
        var time = new ManualTimeProvider();
        await using var child = Start("trap '' INT TERM; echo 'admin LHR50-1 http://127.0.0.1:6501'; echo 'ready LHR50-1 http://127.0.0.1:6401'; while :; do sleep 60; done");
        await child.Ready.WaitAsync(TestDeadline.Default);

        var stop = child.StopAsync(time);
        Assert.False(stop.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));

        await stop.WaitAsync(TestDeadline.Default);
        Assert.Equal(137, await child.Ended);
    }

    [Fact]
    public async Task StopAsync_EndedChild_IsQuiet()
    {
        await using var child = Start("exit 3");
        await child.Ended.WaitAsync(TestDeadline.Default);

        await child.StopAsync(TimeProvider.System);

        Assert.Equal(3, await child.Ended);
    }

    [Fact]
    public async Task Start_EnvironmentOfTheParent_LosesItsEdgeMeshVariables()
    {
        Environment.SetEnvironmentVariable("EDGEMESH_TEST_OF_CHILDREN", "1");
        await using var child = Start("env >&2");
        await child.Ended.WaitAsync(TestDeadline.Default);

        Assert.Contains(_lines, line => line.Contains("PATH=", StringComparison.Ordinal));
        Assert.DoesNotContain(_lines, line => line.Contains("EDGEMESH_", StringComparison.Ordinal));
    }

    [Fact]
    public void Start_NoProgram_FailsWithItsName()
    {
        var failure = Assert.Throws<CliException>(() => ChildNode.Start(new SelfProgram("/nowhere/edgemesh", []), "LHR50-1", [], (_, _) => { }));

        Assert.StartsWith("LHR50-1 cannot be started: ", failure.Message);
    }

    private ChildNode Start(string script) =>
        ChildNode.Start(new SelfProgram("/bin/sh", ["-c"]), "LHR50-1", [script], (name, line) => _lines.Enqueue($"{name}: {line}"));
}
