using System.Buffers;
using System.IO.Pipelines;
using EdgeMesh.Relay.Calls;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests;

public sealed class SlowReadersTests
{
    private const int EnhanceYourCalm = 0xb;

    private readonly ManualTimeProvider _time = new();
    private readonly RelayOptions _options = new() { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", MaxUnreadBytes = 1000 };
    private readonly SlowReaders _readers;

    public SlowReadersTests() => _readers = new(_options, _time);

    [Fact]
    public async Task Flush_HeldAnswerUnreadForTheWriteTimeout_IsGivenUp()
    {
        var held = new UnreadCall();
        var resting = new UnreadCall();
        var waiting = held.Flush(_readers, 100, mayRest: false);
        var rest = resting.Flush(_readers, 100, mayRest: true);

        _time.Advance(_options.WriteTimeout - TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 0), (held.ResetCode, resting.ResetCode));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal((EnhanceYourCalm, 0), (held.ResetCode, resting.ResetCode));
        Assert.Equal(1, _readers.GivenUp);
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.WaitAsync(TestDeadline.Default));
        Assert.False(rest.IsCompleted);
    }

    [Fact]
    public async Task Flush_CallerReadsInTime_IsLeftAlone()
    {
        var call = new UnreadCall();
        var waiting = call.Flush(_readers, 100, mayRest: false);

        await call.ReadAsync();
        await waiting.WaitAsync(TestDeadline.Default);
        _time.Advance(_options.WriteTimeout + _options.WriteTimeout);

        Assert.Equal(0, call.ResetCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Flush_MoreThanMayBeUnread_GivesUpTheOldest(bool mayRest)
    {
        var calls = Enumerable.Range(0, 5).Select(_ => new UnreadCall()).ToList();
        var waits = new List<Task>();
        foreach (var call in calls)
        {
            waits.Add(call.Flush(_readers, 300, mayRest));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        // 5 x 300 bytes, of which 1000 may wait.
        Assert.Equal([EnhanceYourCalm, EnhanceYourCalm, 0, 0, 0], calls.Select(call => call.ResetCode));

        // Those who were given up count no more; nor do those who read.
        await calls[2].ReadAsync();
        await waits[2].WaitAsync(TestDeadline.Default);
        _ = new UnreadCall().Flush(_readers, 300, mayRest);
        Assert.Equal(2, _readers.GivenUp);
    }

    /// <summary>A call whose caller reads when the test says so.</summary>
    private sealed class UnreadCall : IHttpResetFeature
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        private readonly DefaultHttpContext _context = new();

        public UnreadCall()
        {
            _context.Features.Set<IHttpResponseBodyFeature>(new PipedBody(_pipe.Writer));
            _context.Features.Set<IHttpResetFeature>(this);
        }

        public int ResetCode { get; private set; }

        public void Reset(int errorCode)
        {
            ResetCode = errorCode;
            _pipe.Reader.Complete();
        }

        public Task Flush(SlowReaders readers, int heldBytes, bool mayRest)
        {
            _context.Response.BodyWriter.Write(new byte[10]);
            return readers.FlushAsync(_context, heldBytes, mayRest, CancellationToken.None).AsTask();
        }

        public async Task ReadAsync() => _pipe.Reader.AdvanceTo((await _pipe.Reader.ReadAsync()).Buffer.End);
    }

    private sealed class PipedBody(PipeWriter writer) : StreamResponseBodyFeature(Stream.Null), IHttpResponseBodyFeature
    {
        PipeWriter IHttpResponseBodyFeature.Writer => writer;
    }
}
