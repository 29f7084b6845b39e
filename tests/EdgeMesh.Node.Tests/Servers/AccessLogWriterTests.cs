using System.Net;
using System.Text;
using System.Text.Json;
using EdgeMesh.Node.Servers;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.Node.Tests.Servers;

public sealed class AccessLogWriterTests : IDisposable
{
    private static readonly AccessLogEntry Entry = new(
        new DateTimeOffset(2026, 11, 21, 2, 3, 4, 567, TimeSpan.Zero), IPAddress.Parse("10.0.0.7"), 5123, "/shop.v1.Catalog/Get", GrpcStatusCode.DeadlineExceeded, CallOutcome.Miss,
        "not-declared", 10, 2000, TimeSpan.FromMicroseconds(1234), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    private readonly TempDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();

    private string File => _directory.File("access.log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Append_Text_IsOneLineOfPairs()
    {
        var text = new StringBuilder();
        AccessLogText.Append(text, Entry, LogFormat.Text);
        Assert.Equal(
            "time=2026-11-21T02:03:04.567Z peer=10.0.0.7:5123 method=shop.v1.Catalog/Get status=DEADLINE_EXCEEDED outcome=miss reason=not-declared received_bytes=10 sent_bytes=2000 duration_seconds=0.001234 trace_id=0af7651916cd43dd8448eb211c80319c\n",
            text.ToString());
    }

    [Theory]
    [InlineData("/a\nb/C\" status=OK", "not a traceparent \n x")]
    [InlineData("", null)]
    [InlineData("/\u001b[31m", "")]
    public void Append_HostileText_StaysOneLine(string path, string? traceParent)
    {
        foreach (var format in Enum.GetValues<LogFormat>())
        {
            var text = new StringBuilder();
            AccessLogText.Append(text, Entry with { Path = path, TraceParent = traceParent, PeerAddress = null }, format);
            var line = text.ToString();
            Assert.Equal(line.Length - 1, line.IndexOf('\n'));
            Assert.DoesNotContain('\u001b', line);
            if (format == LogFormat.Json)
            {
                var json = JsonDocument.Parse(line).RootElement;
                Assert.Equal((path.TrimStart('/'), null), (json.GetProperty("method").GetString(), json.GetProperty("trace_id").GetString()));
            }
        }
    }

    [Fact]
    public async Task Write_Json_IsWrittenToTheFileAndAppended()
    {
        await System.IO.File.WriteAllTextAsync(File, "before\n");
        await WriteAsync(LogFormat.Json, 3);

        var lines = await System.IO.File.ReadAllLinesAsync(File);
        Assert.Equal(["before", .. Enumerable.Repeat(0.001234, 3).Select(_ => "0.001234")], lines.Select(line => line == "before" ? line : JsonDocument.Parse(line).RootElement.GetProperty("duration_seconds").GetRawText()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_FileMovedOrCut_GoesToAFileOfTheSameName(bool isMoved)
    {
        await using var log = new AccessLogWriter(() => Stream.Null, _time);
        log.Open(File, LogFormat.Text);
        log.Write(Entry);
        await WaitForLinesAsync(1);
        if (isMoved)
        {
            System.IO.File.Move(File, File + ".1");
        }
        else
        {
            System.IO.File.Copy(File, File + ".1");
            using var cut = new FileStream(File, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            cut.SetLength(0);
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        log.Write(Entry);
        log.Write(Entry);

        await WaitForLinesAsync(2);
        Assert.Single(await System.IO.File.ReadAllLinesAsync(File + ".1"));
        Assert.Equal(0, log.Dropped);
    }

    [Fact]
    public async Task Open_OffAndOnAgain_WritesOnlyWhileOn()
    {
        await using var log = new AccessLogWriter(() => Stream.Null, _time);
        Assert.False(log.IsEnabled);
        log.Open(File, LogFormat.Text);
        Assert.True(log.IsEnabled);
        log.Open(null, LogFormat.Text);
        Assert.False(log.IsEnabled);
        Assert.ThrowsAny<IOException>(() => log.Open(_directory.File("no/such/directory"), LogFormat.Text));
    }

    [Fact]
    public async Task Write_FasterThanWritten_DropsAndCounts()
    {
        using var stalled = new StalledStream();
        var log = new AccessLogWriter(() => stalled, _time);
        log.Open(AccessLogWriter.StandardOutput, LogFormat.Text);
        log.Write(Entry);
        await stalled.Begun.WaitAsync(TestDeadline.Default);
        for (var i = 0; i < 50_000; i++)
        {
            log.Write(Entry);
        }

        // What the writer had taken, and what fits the queue.
        Assert.InRange(log.Dropped, 50_000 - (17 * 1024), 50_000 - (16 * 1024));
        stalled.Release();
        await log.DisposeAsync();
        Assert.Equal(50_001, stalled.Lines + log.Dropped);
    }

    private async Task WriteAsync(LogFormat format, int count)
    {
        await using var log = new AccessLogWriter(() => Stream.Null, _time);
        log.Open(File, format);
        for (var i = 0; i < count; i++)
        {
            log.Write(Entry);
        }
    }

    private async Task WaitForLinesAsync(int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!System.IO.File.Exists(File) || (await System.IO.File.ReadAllTextAsync(File)).Count(c => c == '\n') < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"no {count} lines");
            await Task.Yield();
        }
    }

    /// <summary>Its first write waits.</summary>
    private sealed class StalledStream : MemoryStream
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _release = new();

        public Task Begun => _begun.Task;

        public long Lines { get; private set; }

        public void Release() => _release.Set();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _begun.TrySetResult();
            _release.Wait(TestDeadline.Default);
            Lines += buffer.Count((byte)'\n');
        }
    }
}
