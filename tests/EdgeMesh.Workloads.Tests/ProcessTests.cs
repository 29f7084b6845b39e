using System.Globalization;
using EdgeMesh.Testing;
using EdgeMesh.Workloads.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Workloads.Tests;

/// <summary>Processes of workloads: how they are started, and how they end, whatever they do.</summary>
public sealed class ProcessTests : IDisposable
{
    // Listens on its port and says what it was told; arguments after it are its own.
    private const string Listener = "import os, signal, socket, sys, time\ns = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n";
    private const string Forever = "\ntime.sleep(1000)";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_Listener_IsToldPortNameZoneAndDirectories()
    {
        var options = Python("print(os.environ['WORKLOAD_REPLICA'], os.environ['WORKLOAD_ZONE'], os.environ['VOLUME_DATA'], os.environ['VOLUME_ALL'], os.environ['GREETING'], [k for k in os.environ if k.startswith('EDGEMESH_')], flush=True)") with
        {
            Replicas = 2,
            Zones = ["eu-west-2a", "eu-west-2b"],
            Environment = new Dictionary<string, string> { ["GREETING"] = "hello" },
            Volumes = [new("data", _directory.File("data")), new("all", _directory.File("all"), IsShared: true)],
        };
        await using var shop = await RunningWorkload.StartAsync(options);

        await shop.WaitAsync(() => shop.Workload.ReadLog(null, 0, 100)!.Count == 2);
        var lines = shop.Workload.ReadLog(null, 0, 100)!.OrderBy(line => line.Replica).Select(line => line.Text);
        Assert.Equal([$"shop-1 eu-west-2a {_directory.File("data", "1")} {_directory.File("all")} hello []", $"shop-2 eu-west-2b {_directory.File("data", "2")} {_directory.File("all")} hello []"], lines);
        Assert.True(Directory.Exists(_directory.File("data", "2")));
        Assert.Null(shop.Workload.ReadLog("shop-3", 0, 1));
    }

    [Fact]
    public async Task Process_Killed_IsStartedAnewAtAnotherPortWithItsDirectory()
    {
        var options = Python("open(os.environ['VOLUME_DATA'] + '/starts', 'a').write('x')") with { Volumes = [new("data", _directory.File("data"))] };
        await using var shop = await RunningWorkload.StartAsync(options);
        var before = shop.Replicas[0];

        ProcessGroups.Signal(before.ProcessId!.Value, ProcessGroups.Kill);
        await shop.WaitAsync(() => shop.Replicas[0] is { State: ReplicaState.Ready, Restarts: 1 });

        Assert.NotEqual(before.ProcessId, shop.Replicas[0].ProcessId);
        Assert.Equal("xx", await File.ReadAllTextAsync(_directory.File("data", "1", "starts")));
        Assert.StartsWith("before: was ended by signal 9; started anew in ", shop.Replicas[0].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_ExitsAtOnce_IsStartedAgainAndAgainAndSaysWhatItSaid()
    {
        await using var shop = await RunningWorkload.BeginAsync(RunningWorkload.Quick with { Command = ["sh", "-c", "echo no such table >&2; exit 3"], Health = HealthProbe.Tcp });

        await shop.WaitAsync(() => shop.Replicas[0].Restarts >= 3);

        Assert.False(shop.Workload.IsServing);
        Assert.Contains("ended with exit code 3; it said last: no such table; started anew in", shop.Replicas[0].Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/program", "the command \"/no/such/program\" does not exist: there is no file /no/such/program")]
    [InlineData("no-such-program", "the command \"no-such-program\" does not exist: it is in no directory of the node's PATH (")]
    [InlineData("/etc/passwd", "the command \"/etc/passwd\" cannot be run: /etc/passwd is not executable")]
    [InlineData("/tmp", "the command \"/tmp\" does not exist: /tmp is a directory")]
    public async Task Start_CommandCannotBeRun_SaysWhatAndWhere(string command, string fault)
    {
        await using var shop = await RunningWorkload.BeginAsync(RunningWorkload.Quick with { Command = [command] });

        await shop.WaitAsync(() => shop.Replicas[0].Fault is not null);

        Assert.Contains(fault, shop.Replicas[0].Fault, StringComparison.Ordinal);
        Assert.Contains(fault, shop.Workload.DescribeUnwell(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_VolumeCannotBeMade_SaysWhichAndWhere()
    {
        await File.WriteAllTextAsync(_directory.File("file"), "");
        await using var shop = await RunningWorkload.BeginAsync(RunningWorkload.Quick with { Command = ["sh"], Volumes = [new("data", _directory.File("file"))] });

        await shop.WaitAsync(() => shop.Replicas[0].Fault is not null);

        Assert.Contains($"its volume data cannot be made at {_directory.File("file", "1")}: ", shop.Replicas[0].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_IsNeverWell_IsEndedAndSaysWhy()
    {
        await using var shop = await RunningWorkload.BeginAsync(RunningWorkload.Quick with { Command = ["sleep", "1000"], Health = HealthProbe.Tcp, StartTimeout = TimeSpan.FromMilliseconds(100) });

        await shop.WaitAsync(() => shop.Replicas[0].Restarts >= 1);

        Assert.Matches("was not well yet for 0\\.[0-9] s: takes no connection: .*; started anew in", shop.Replicas[0].Fault);
    }

    [Fact]
    public async Task Process_TakesMoreMemoryThanItsLimit_IsKilledAndSaysSo()
    {
        await using var shop = await RunningWorkload.BeginAsync(Python("x = bytearray(100000000)") with { MemoryBytes = 64 * 1024 * 1024 });

        await shop.WaitAsync(() => shop.Replicas[0].Restarts >= 1);

        Assert.Matches("had [0-9.]+ MiB of memory, its limit is 64 MiB, and was killed|reached the memory limit of its cgroup", shop.Replicas[0].Fault);
    }

    [Fact]
    public async Task Stop_ProcessIgnoresTheSignal_IsKilledWithItsChildren()
    {
        var options = Python("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nimport subprocess\nprint(subprocess.Popen(['sleep', '1000']).pid, flush=True)") with { Grace = TimeSpan.FromMilliseconds(50) };
        await using var shop = await RunningWorkload.StartAsync(options);
        await shop.WaitAsync(() => shop.Workload.ReadLog(null, 0, 1)!.Count == 1);
        var child = int.Parse(shop.Workload.ReadLog(null, 0, 1)![0].Text, CultureInfo.InvariantCulture);
        var leader = shop.Replicas[0].ProcessId!.Value;

        await shop.Workload.StopAsync(CancellationToken.None);

        Assert.Empty(shop.Replicas);
        Assert.False(IsRunning(leader));
        Assert.False(IsRunning(child));
        Assert.Equal("edgemesh: did not end within 0.05 s of SIGTERM and was killed", shop.Workload.ReadLog("shop-1", 0, 1)!.Single().Text);
    }

    [Fact]
    public async Task Stop_ProcessEndsOrderly_IsGivenTheTime()
    {
        var mark = _directory.File("ended");
        await using var shop = await RunningWorkload.StartAsync(Python($"def end(*_):\n  open('{mark}', 'w').write('orderly')\n  sys.exit(0)\nsignal.signal(signal.SIGTERM, end)"));

        await shop.Workload.StopAsync(CancellationToken.None);

        Assert.Equal("orderly", await File.ReadAllTextAsync(mark));
    }

    [Fact]
    public async Task Log_ProcessFloodsIt_KeepsTheNewestAndHoldsItBack()
    {
        await using var shop = await RunningWorkload.BeginAsync(RunningWorkload.Quick with { Command = ["yes", new string('x', 10_000)], Health = HealthProbe.Tcp });

        await shop.WaitAsync(() => shop.Workload.ReadLog(null, 0, int.MaxValue)!.Count == 64);

        // 64 lines of 4,096 characters are 256 Ki: however many come, there are no more.
        Assert.All(shop.Workload.ReadLog(null, 0, int.MaxValue)!, line => Assert.Equal(LogRing.MaxLineChars, line.Text.Length));
        await shop.WaitAsync(() => shop.Replicas[0].Fault?.Contains("wrote more than 512 KiB/s to its log, and was held back", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Neighbours_AllMisbehave_AnswerToNobodysHarm()
    {
        await using var well = await LocalReplica.StartAsync();
        await using var shop = await RunningWorkload.BeginAsync(
            RunningWorkload.Quick with { Addresses = [new(well.Address)], HealthTimeout = TestDeadline.Default },
            Bad("zexits", "sys.exit(3)"),
            Bad("zfloods", "while True: print('x' * 100000)"),
            Bad("zleaks", "x = []\nwhile True: x.append(bytearray(4000000)); time.sleep(0.01)") with { MemoryBytes = 64 * 1024 * 1024 },
            Bad("zstubborn", "signal.signal(signal.SIGTERM, signal.SIG_IGN)") with { Grace = TimeSpan.FromMilliseconds(50) },
            Bad("zunwell", "s.close()") with { StartTimeout = TimeSpan.FromMilliseconds(100) });
        await shop.WaitAsync(() => shop.Workload.IsServing);
        var bad = shop.Table.All.Skip(1).ToList();

        // Until each has done what it does, and been found out; whoever has ended is named with how.
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        var calls = 0;
        while (!(Found(0, "exit code 3") && Found(1, "was held back") && Found(2, "memory") && Found(4, "was not well yet")))
        {
            Assert.Equal("0", await shop.CallToEndAsync());
            calls++;
            Assert.False(limit.IsCancellationRequested, string.Join(", ", bad.Select(workload => workload.DescribeUnwell())));
        }

        await bad[3].StopAsync(CancellationToken.None);
        Assert.Equal("0", await shop.CallToEndAsync());
        Assert.Equal((calls + 1, 0, 0), (shop.Workload.Calls, shop.Workload.Failures, shop.Workload.Retries));

        bool Found(int workload, string fault) => bad[workload].ReadStatus().Replicas[0].Fault?.Contains(fault, StringComparison.Ordinal) == true;

        static WorkloadOptions Bad(string name, string script) => Python(script) with { Name = name, ServicePrefixes = [$"{name}.v1."] };
    }

    [Fact]
    public async Task Scale_UpAndDown_StartsAndStopsTheHighestNumbers()
    {
        await using var shop = await RunningWorkload.StartAsync(Python(""));

        await shop.Workload.ScaleAsync(3, CancellationToken.None);
        await shop.WaitAsync(() => shop.Replicas.Count(replica => replica.State == ReplicaState.Ready) == 3);
        await shop.Workload.ScaleAsync(1, CancellationToken.None);
        Assert.Equal(["shop-1"], shop.Replicas.Select(replica => replica.Name));
        await shop.Workload.ScaleAsync(0, CancellationToken.None);
        Assert.Contains("it is scaled to 0", shop.Workload.DescribeUnwell(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Replace_EveryReplicaIsNewAndNotARestart(bool hasDirectory)
    {
        var options = Python("") with { Replicas = 2, Volumes = hasDirectory ? [new("data", _directory.File("data"))] : [] };
        await using var shop = await RunningWorkload.StartAsync(options);
        var before = shop.Replicas.Select(replica => replica.ProcessId).ToList();

        await shop.Workload.ReplaceAsync(CancellationToken.None);

        Assert.All(shop.Replicas, replica => Assert.Equal((ReplicaState.Ready, 0), (replica.State, replica.Restarts)));
        Assert.Empty(before.Intersect(shop.Replicas.Select(replica => replica.ProcessId)));
        Assert.All(before, old => Assert.False(IsRunning(old!.Value)));
    }

    [Fact]
    public async Task Replace_NewOneIsNotWell_TheOldOneStays()
    {
        var mark = _directory.File("started");
        var options = RunningWorkload.Quick with
        {
            Command = ["python3", "-c", $"import os, sys\nif os.path.exists('{mark}'): sys.exit(7)\nopen('{mark}', 'w')\n{Listener}{Forever}"],
            Health = HealthProbe.Tcp,
        };
        await using var shop = await RunningWorkload.StartAsync(options);
        var before = shop.Replicas[0].ProcessId;

        var fault = await Assert.ThrowsAsync<ReplicaStartException>(() => shop.Workload.ReplaceAsync(CancellationToken.None));

        Assert.Equal("the new shop-1 did not become well: ended with exit code 7", fault.Message);
        Assert.Equal(before, shop.Replicas[0].ProcessId);
        Assert.True(shop.Workload.IsServing);
    }

    [Fact]
    public async Task Replace_ReplicaWaitsForItsRestart_IsStartedOnceAndFollowed()
    {
        var (starts, mark) = (_directory.File("starts"), _directory.File("mark"));
        var options = RunningWorkload.Quick with
        {
            Command = ["python3", "-c", $"import os, sys\nopen('{starts}', 'a').write('x')\nif not os.path.exists('{mark}'): sys.exit(7)\n{Listener}{Forever}"],
            Health = HealthProbe.Tcp,
            MinBackoff = TimeSpan.FromSeconds(1),
            MaxBackoff = TimeSpan.FromSeconds(1),
        };
        await using var shop = await RunningWorkload.BeginAsync(options);
        await shop.WaitAsync(() => shop.Replicas[0].State == ReplicaState.BackingOff);
        await File.WriteAllTextAsync(mark, "");

        await shop.Workload.ReplaceAsync(CancellationToken.None);
        var replaced = shop.Replicas[0];
        Assert.Equal(ReplicaState.Ready, replaced.State);
        ProcessGroups.Signal(replaced.ProcessId!.Value, ProcessGroups.Kill);
        await shop.WaitAsync(() => shop.Replicas[0] is { State: ReplicaState.Ready, ProcessId: { } process } && process != replaced.ProcessId);

        Assert.Equal(2, shop.Replicas[0].Restarts);
        Assert.Equal("xxx", await File.ReadAllTextAsync(starts));
    }

    [Fact]
    public async Task Stop_ReplacementIsUnderWay_EndsItAndStops()
    {
        var mark = _directory.File("started");
        var options = RunningWorkload.Quick with
        {
            Command = ["python3", "-c", $"import os, time\nif os.path.exists('{mark}'): time.sleep(1000)\nopen('{mark}', 'w')\n{Listener}{Forever}"],
            Health = HealthProbe.Tcp,
            StartTimeout = TimeSpan.FromHours(1),
        };
        await using var shop = await RunningWorkload.StartAsync(options);
        var replacing = shop.Workload.ReplaceAsync(CancellationToken.None);

        await shop.Workload.StopAsync(CancellationToken.None);

        Assert.Equal("workload shop was stopped meanwhile", (await Assert.ThrowsAsync<InvalidOperationException>(() => replacing)).Message);
        Assert.Empty(shop.Replicas);
    }

    [Fact]
    public async Task Groups_NodeGoes_TheyGoWithIt()
    {
        using var groups = new ProcessGroups(NullLogger.Instance);
        await using var one = ChildProcess.Start("setsid", ["sh", "-c", "sleep 1000 & echo up; wait"]);
        await using var two = ChildProcess.Start("setsid", ["sh", "-c", "echo up; exec sleep 1000"]);
        await Task.WhenAll(one.WaitForLineAsync("up"), two.WaitForLineAsync("up"));
        groups.Add(one.Id);
        groups.Add(two.Id);
        groups.Remove(two.Id);

        // What the kernel does for a node that is killed: its end of the pipe closes.
        groups.Dispose();

        Assert.Equal(137, await one.WaitForExitAsync());
        Assert.False(two.HasExited);
    }

    private static bool IsRunning(int process)
    {
        try
        {
            // A zombie that nobody has waited for yet is as gone as it can be.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static WorkloadOptions Python(string script) => RunningWorkload.Quick with { Command = ["python3", "-c", Listener + script + Forever], Health = HealthProbe.Tcp };
}
