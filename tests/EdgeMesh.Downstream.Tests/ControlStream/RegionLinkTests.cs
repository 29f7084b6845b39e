using System.Threading.Channels;
using EdgeMesh.Downstream.ControlStream;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Downstream.Tests.ControlStream;

public sealed class RegionLinkTests : IDisposable
{
    private const int Joined = 3100;
    private const int Away = 3101;
    private const int Refused = 3102;
    private const int NextAttempt = 3103;
    private const int ListenerFailed = 3104;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PastJoinTimeout = TimeSpan.FromSeconds(12);

    private readonly ManualTimeProvider _time = new();
    private readonly LogCollector _log = new();
    private readonly Channel<JoinResponse> _learned = Channel.CreateUnbounded<JoinResponse>();
    private readonly List<LogUpdate> _updates = [];
    private LogPosition? _applied;
    private ulong _hits;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Run_RegionThere_SaysHelloLearnsAndReportsAtEachHeartbeat()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);

        var join = await region.NextJoinAsync();
        Assert.Equal(
            new JoinRequest.Types.Hello { Name = "LHR50-1", Kind = NodeKind.EdgeLocation, Address = "http://127.0.0.1:6401", Version = "0.1.0" },
            (await join.ReadAsync())!.Hello);
        Assert.False(link.IsJoined);
        await join.TellAsync(7, Heartbeat);

        Assert.Equal(7u, (await LearnedAsync()).Version);
        Assert.True(link.IsJoined);
        Assert.Equal(1u, (await join.ReadAsync())!.Report.Hits);
        await _time.WaitForTimersAsync(1);
        var silence = join.ReadAsync();
        _time.Advance(Heartbeat - TimeSpan.FromTicks(1));
        Assert.False(silence.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(2u, (await silence)!.Report.Hits);

        for (var passed = TimeSpan.Zero; passed < PastJoinTimeout; passed += Heartbeat)
        {
            await _time.WaitForTimersAsync(1);
            _time.Advance(Heartbeat);
            Assert.NotNull((await join.ReadAsync())!.Report);
        }

        await join.TellAsync(8, Heartbeat);
        Assert.Equal(8u, (await LearnedAsync()).Version);
        Assert.Equal(8u, link.Topology!.Version);
        Assert.Equal([Joined], StateChanges());
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_RegionThatStartsLater_IsJoinedThen()
    {
        var port = FreePort.Take();
        using var link = await StartAsync(new Uri($"http://127.0.0.1:{port}"));
        await WaitForAsync(NextAttempt, 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        await WaitForAsync(NextAttempt, 2);

        await using var region = await FakeRegion.StartAsync(port);
        _time.Advance(TimeSpan.FromSeconds(5));
        await (await region.NextJoinAsync()).TellAsync(1, Heartbeat);

        await LearnedAsync();
        Assert.Equal([Away, Joined], StateChanges());
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_StreamBreaks_KeepsTheTopologyAndJoinsAgain()
    {
        var port = FreePort.Take();
        var region = await FakeRegion.StartAsync(port);
        using var link = await StartAsync(region.Uri);
        await (await region.NextJoinAsync()).TellAsync(41, Heartbeat);
        await LearnedAsync();

        await region.DisposeAsync();
        await _log.WaitForAsync(l => l.EventId.Id == Away);

        Assert.False(link.IsJoined);
        Assert.Equal(41u, link.Topology!.Version);
        await WaitForAsync(NextAttempt, 1);
        await using var successor = await FakeRegion.StartAsync(port);
        _time.Advance(TimeSpan.FromSeconds(5));
        await (await successor.NextJoinAsync()).TellAsync(1, Heartbeat);
        Assert.Equal(1u, (await LearnedAsync()).Version);
        Assert.Equal([Joined, Away, Joined], StateChanges());
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_RegionRefusesAgainAndAgain_IsLoggedOnceAndAskedSeldom()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);

        for (var i = 1; i <= 3; i++)
        {
            (await region.NextJoinAsync()).End(StatusCode.AlreadyExists, "Another live node is named LHR50-1.");
            await WaitForAsync(NextAttempt, i);
            _time.Advance(TimeSpan.FromSeconds(2.5));
        }

        await (await region.NextJoinAsync()).TellAsync(1, Heartbeat);
        await LearnedAsync();
        Assert.Equal([Refused, Joined], StateChanges());
        Assert.All(_log.Lines.Where(l => l.EventId.Id == NextAttempt), l => Assert.Contains("00:00:02.5", l.Message, StringComparison.Ordinal));
        Assert.Contains(_log.Lines, l => l.Message.Contains("Another live node", StringComparison.Ordinal));
        await StopAsync(link, l => l.EventId.Id == Refused);
    }

    [Fact]
    public async Task Run_RegionThatNeverAnswers_IsGivenUpInBoundedTime()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);
        var join = await region.NextJoinAsync();
        Assert.NotNull(await join.ReadAsync());

        _time.Advance(TimeSpan.FromSeconds(10));

        var line = await _log.WaitForAsync(l => l.EventId.Id == Away);
        Assert.Contains(nameof(StatusCode.DeadlineExceeded), line.Message, StringComparison.Ordinal);
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_LogUpdate_IsAppliedAndAcknowledgedAtOnceAndNamedInTheNextHello()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);
        var join = await region.NextJoinAsync();
        Assert.Null((await join.ReadAsync())!.Hello.Applied);
        await join.TellAsync(1, Heartbeat);
        Assert.NotNull((await join.ReadAsync())!.Report);
        var update = new LogUpdate { Reset = new LogPosition { Epoch = 7, Sequence = 1 } };

        await join.TellAsync(update);

        Assert.Equal(update.Reset, (await join.ReadAsync())!.Applied);
        Assert.Equal([update], _updates);
        join.End(StatusCode.Unavailable, "gone");
        await WaitForAsync(NextAttempt, 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(update.Reset, (await (await region.NextJoinAsync()).ReadAsync())!.Hello.Applied);
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_LogUpdateThatCannotBeApplied_EndsTheStreamAndJoinsAgain()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);
        var join = await region.NextJoinAsync();
        await join.TellAsync(1, Heartbeat);

        await join.TellAsync(new LogUpdate());

        var line = await _log.WaitForAsync(l => l.EventId.Id == Away);
        Assert.Contains("entry 3 of the log came after 1", line.Message, StringComparison.Ordinal);
        await WaitForAsync(NextAttempt, 1);
        _time.Advance(TimeSpan.FromSeconds(5));
        await (await region.NextJoinAsync()).TellAsync(2, Heartbeat);
        await StopAsync(link);
    }

    [Fact]
    public async Task Run_ListenerFails_IsLoggedAndLearningGoesOn()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri, configure: l => l.TopologyChanged += _ => throw new NotSupportedException("broken listener"));
        var join = await region.NextJoinAsync();

        await join.TellAsync(1, Heartbeat);
        await join.TellAsync(2, Heartbeat);

        await WaitForAsync(ListenerFailed, 2);
        Assert.Equal(2u, link.Topology!.Version);
        Assert.True(link.IsJoined);
        await StopAsync(link, l => l.EventId.Id == ListenerFailed);
    }

    [Fact]
    public async Task Stop_WhileJoined_TakesItsLeave()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);
        var join = await region.NextJoinAsync();
        await join.ReadAsync();
        await join.TellAsync(1, Heartbeat);
        Assert.False((await join.ReadAsync())!.Report.Draining);

        var stopping = link.StopAsync(CancellationToken.None);

        Assert.True((await join.ReadAsync())!.Report.Draining);
        Assert.Null(await join.ReadAsync());
        Assert.False(stopping.IsCompleted);
        join.End();
        await stopping.WaitAsync(TestDeadline.Default);
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Stop_RegionThatDoesNotTakeNote_EndsInBoundedTime()
    {
        await using var region = await FakeRegion.StartAsync();
        using var link = await StartAsync(region.Uri);
        var join = await region.NextJoinAsync();
        await join.ReadAsync();
        await join.TellAsync(1, Heartbeat);
        Assert.NotNull((await join.ReadAsync())!.Report);

        var stopping = link.StopAsync(CancellationToken.None);
        Assert.True((await join.ReadAsync())!.Report.Draining);
        _time.Advance(TimeSpan.FromSeconds(1));

        await stopping.WaitAsync(TestDeadline.Default);
        _log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Stop_BeforeTheNodeListens_Ends()
    {
        using var link = new RegionLink(Options(new Uri("http://127.0.0.1:1"), new TaskCompletionSource<string>().Task), new Random(1), _time, _log.CreateLogger<RegionLink>());
        await link.StartAsync(CancellationToken.None);

        await link.StopAsync(CancellationToken.None).WaitAsync(TestDeadline.Default);

        Assert.Empty(_log.Lines);
    }

    private RegionLinkOptions Options(Uri region, Task<string> address) => new()
    {
        Region = region,
        Name = "LHR50-1",
        Kind = NodeKind.EdgeLocation,
        Address = address,
        Version = "0.1.0",
        Report = _ => new NodeReport { Hits = ++_hits },
        Applied = () => _applied,
        Apply = Apply,
    };

    private void Apply(LogUpdate update)
    {
        _updates.Add(update);
        _applied = update.Reset ?? throw new InvalidDataException("entry 3 of the log came after 1");
    }

    private async Task<RegionLink> StartAsync(Uri region, Action<RegionLink>? configure = null)
    {
        var link = new RegionLink(
            Options(region, Task.FromResult("http://127.0.0.1:6401")), ScriptedRandom.Repeating(0.5), _time, _log.CreateLogger<RegionLink>());
        link.TopologyChanged += topology => _learned.Writer.TryWrite(topology);
        configure?.Invoke(link);
        await link.StartAsync(CancellationToken.None);
        return link;
    }

    private async Task<JoinResponse> LearnedAsync() => await _learned.Reader.ReadAsync().AsTask().WaitAsync(TestDeadline.Default);

    private Task<LogLine> WaitForAsync(int eventId, int occurrence) =>
        _log.WaitForAsync(line => line.EventId.Id == eventId && --occurrence == 0);

    private IEnumerable<int> StateChanges() => _log.Lines.Select(l => l.EventId.Id).Where(id => id is Joined or Away or Refused);

    /// <summary>Stops the link at once, whether the fake Region takes note or not, and looks at what was logged.</summary>
    private async Task StopAsync(RegionLink link, params Func<LogLine, bool>[] expected)
    {
        var stopping = link.StopAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1));
        await stopping.WaitAsync(TestDeadline.Default);
        _log.AssertNoUnexpectedErrors(expected);
    }
}
