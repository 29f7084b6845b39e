using System.Globalization;
using EdgeMesh.Testing;
using Xunit.Abstractions;

namespace EdgeMesh.Scenarios.Hostile;

/// <summary>Peers that break the rules of HTTP/2, or keep to them and mean harm: a node's memory and processor time stay bounded, and other callers go on.</summary>
/// <remarks>Each attack is bounded in count and time. The figures that they print stand in docs/security.md.</remarks>
public sealed class HostilePeerTests(AttackedMesh mesh, ITestOutputHelper output) : IClassFixture<AttackedMesh>
{
    // Server garbage collection lets a heap grow before it looks; a leak or an unbounded buffer takes gigabytes in these attacks.
    // What attackers make the node hold is at most some 350 MiB; garbage that the collector has not looked at yet comes on top.
    private const long MaxGrowthBytes = 800L << 20;

    // How many answers others get while an attack stands: seconds, on two busy cores.
    private const int Held = 1000;

    private static readonly byte[] CallBlock = Http2Peer.Block(Http2Peer.Call(AttackedMesh.GetObject));

    // From a few fields to 2,000, from a few bytes to more than a node takes.
    private static readonly byte[][] MetadataBlocks =
    [
        .. Enumerable.Range(1, 20).Select(size => Http2Peer.Block(Http2Peer.Call(AttackedMesh.GetObject).Concat(
            Enumerable.Range(0, size * 100).Select(n => (n % 3 == 0 ? "authorization" : $"x-{n}", new string('v', 2 * size)))))),
    ];

    [Fact]
    public Task RapidReset() => SurviveAsync(node => ManyAsync(8, async _ =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        var reading = peer.DrainAsync();
        byte[] cancel = [0, 0, 0, 8];
        for (var stream = 1; stream < 40_000; stream += 2)
        {
            if (!await peer.SendAsync((byte[])[.. Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, stream, CallBlock), .. Http2Peer.Frame(FrameType.RstStream, 0, stream, cancel)]))
            {
                break;
            }
        }

        peer.Dispose();
        await reading;
    }));

    [Fact]
    public Task HeaderFlood_ContinuationsThatNeverEnd() => SurviveAsync(node => ManyAsync(50, async _ =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        await peer.SendAsync(Http2Peer.Frame(FrameType.Headers, 0, 1, CallBlock));
        var more = Http2Peer.Frame(FrameType.Continuation, 0, 1, Http2Peer.Block(Enumerable.Range(0, 15).Select(i => ($"x-{i}", new string('a', 1000)))));
        for (var i = 0; i < 2000 && await peer.SendAsync(more); i++)
        {
        }
    }));

    [Fact]
    public Task ContinuationFlood_EmptyFrames() => SurviveAsync(node => ManyAsync(4, async _ =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        await peer.SendAsync(Http2Peer.Frame(FrameType.Headers, 0, 1, CallBlock));
        var empty = Enumerable.Repeat(Http2Peer.Frame(FrameType.Continuation, 0, 1, []), 1000).SelectMany(frame => frame).ToArray();
        for (var i = 0; i < 200 && await peer.SendAsync(empty); i++)
        {
        }
    }));

    [Theory]
    [InlineData(FrameType.Ping, 8)]
    [InlineData(FrameType.Settings, 0)]
    [InlineData(FrameType.WindowUpdate, 4)]
    [InlineData(FrameType.Priority, 5)]
    public Task ControlFrameFlood_AnswersUnread(object type, int length) => SurviveAsync(node => ManyAsync(8, async _ =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        var payload = new byte[length];
        payload.AsSpan(Math.Max(0, length - 1)).Fill(1);
        var frames = Enumerable.Repeat(Http2Peer.Frame((FrameType)type, 0, (FrameType)type is FrameType.Priority ? 1 : 0, payload), 1000).SelectMany(frame => frame).ToArray();
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 500 && await peer.SendAsync(frames); i++)
            {
            }
        });

        // Answers that nobody reads stop the node, and that stops this: ended then.
        await Task.WhenAny(sending, mesh.WaitForAnswersAsync(Held));
        peer.Dispose();
        await sending;
    }));

    [Fact]
    public Task SlowReaders_OfLargeHits() => SurviveAsync(async node =>
    {
        // Each may be sent 1 byte a stream: the node has 3 MiB for each of 8,000 calls.
        var peers = await CallWithoutReadingAsync(node, connections: 64, streams: 125, AttackedMesh.Request("large"), streamWindowBytes: 1);
        await mesh.WaitForAnswersAsync(Held);
        peers.ForEach(peer => peer.Dispose());
    });

    [Fact]
    public Task SlowReaders_OfSmallHits() => SurviveAsync(async node =>
    {
        var peers = await CallWithoutReadingAsync(node, connections: 288, streams: 125, AttackedMesh.Request("small"), streamWindowBytes: 0);
        await mesh.WaitForAnswersAsync(Held);
        peers.ForEach(peer => peer.Dispose());
    });

    [Fact]
    public Task IdleStreams_Thousands() => SurviveAsync(async node =>
    {
        var peers = new List<Http2Peer>();
        for (var i = 0; i < 144; i++)
        {
            var peer = await Http2Peer.StartAsync(node);
            peers.Add(peer);
            var streams = Enumerable.Range(0, 125).SelectMany(n => Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, (2 * n) + 1, CallBlock)).ToArray();
            await peer.SendAsync(streams);
        }

        await mesh.WaitForAnswersAsync(Held);
        peers.ForEach(peer => peer.Dispose());
    });

    [Fact]
    public Task SlowWriters_AByteAtATime() => SurviveAsync(node => ManyAsync(20, async _ =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        var streams = Enumerable.Range(0, 100).Select(n => (2 * n) + 1).ToList();
        foreach (var stream in streams)
        {
            await peer.SendAsync(Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, stream, CallBlock));
        }

        // The frame header claims 60 KiB.
        byte[] message = [0, 0, 0, 0xf0, 0, .. new byte[40]];
        foreach (var octet in message)
        {
            foreach (var stream in streams)
            {
                await peer.SendAsync(Http2Peer.Frame(FrameType.Data, 0, stream, [octet]));
            }

            await mesh.WaitForAnswersAsync(Held / message.Length);
        }
    }));

    [Fact]
    public Task UploadsThatNeverEnd() => SurviveAsync(async node =>
    {
        var peers = new List<Http2Peer>();
        for (var i = 0; i < 20; i++)
        {
            var peer = await Http2Peer.StartAsync(node);
            peers.Add(peer);
            for (var stream = 1; stream < 200; stream += 2)
            {
                // A message of 4 MiB of which 60 KiB come: nearly a stream's first window.
                byte[] begun = [0, 0, 0x40, 0, 0, .. new byte[15_000]];
                await peer.SendAsync(Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, stream, CallBlock));
                for (var part = 0; part < 4; part++)
                {
                    await peer.SendAsync(Http2Peer.Frame(FrameType.Data, 0, stream, part == 0 ? begun : begun.AsSpan(5)));
                }
            }
        }

        await mesh.WaitForAnswersAsync(Held);
        peers.ForEach(peer => peer.Dispose());
    });

    [Fact]
    public Task OversizeAndGarbageFrames() => SurviveAsync(node => ManyAsync(400, async i =>
    {
        var random = new Random(i);
        using var peer = i % 2 == 0 ? await Http2Peer.StartAsync(node) : await Http2Peer.ConnectAsync(node);
        var reading = peer.DrainAsync();
        for (var n = 0; n < 50; n++)
        {
            var payload = new byte[random.Next(0, 400)];
            random.NextBytes(payload);
            var frame = Http2Peer.Frame((FrameType)random.Next(0, 12), (byte)random.Next(256), random.Next(0, 9), payload, random.Next(4) == 0 ? random.Next(0, 1 << 24) : null);
            if (!await peer.SendAsync(frame))
            {
                break;
            }
        }

        peer.Dispose();
        await reading;
    }));

    [Fact]
    public Task HugeMetadata() => SurviveAsync(node => ManyAsync(16, async i =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        var reading = peer.DrainAsync();
        for (var stream = 1; stream < 400; stream += 2)
        {
            var block = MetadataBlocks[(i + stream) % MetadataBlocks.Length];
            for (var start = 0; start < block.Length; start += 16_000)
            {
                var end = Math.Min(block.Length, start + 16_000);
                var flags = end == block.Length ? Http2Peer.EndHeaders : (byte)0;
                if (!await peer.SendAsync(Http2Peer.Frame(start == 0 ? FrameType.Headers : FrameType.Continuation, flags, stream, block.AsSpan(start, end - start))))
                {
                    return;
                }
            }

            await peer.SendAsync(Http2Peer.Frame(FrameType.Data, Http2Peer.EndStream, stream, AttackedMesh.Request("small")));
        }

        peer.Dispose();
        await reading;
    }));

    [Fact]
    public Task MadeUpMethods_CancelledBeforeAnyAnswer() => SurviveAsync(node => ManyAsync(8, async i =>
    {
        using var peer = await Http2Peer.StartAsync(node);
        var reading = peer.DrainAsync();
        byte[] cancel = [0, 0, 0, 8];
        for (var n = 0; n < 2000; n++)
        {
            var stream = (2 * n) + 1;
            var block = Http2Peer.Block(Http2Peer.Call(string.Create(CultureInfo.InvariantCulture, $"/made.up.S{i}/M{n}{new string('m', 500)}")));
            await peer.SendAsync(Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, stream, block));
            await peer.SendAsync(Http2Peer.Frame(FrameType.Data, Http2Peer.EndStream, stream, AttackedMesh.Framed([1])));
            if (!await peer.SendAsync(Http2Peer.Frame(FrameType.RstStream, 0, stream, cancel)))
            {
                break;
            }
        }

        peer.Dispose();
        await reading;
    }));

    [Fact]
    public Task Connections_TenThousand() => SurviveAsync(async node =>
    {
        var peers = new List<Http2Peer>();
        for (var i = 0; i < 100; i++)
        {
            peers.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Http2Peer.StartAsync(node))));
        }

        await mesh.WaitForAnswersAsync(Held);
        peers.ForEach(peer => peer.Dispose());
    });

    private static Task ManyAsync(int count, Func<int, Task> peer) => Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => peer(i))));

    private static async Task<List<Http2Peer>> CallWithoutReadingAsync(Uri node, int connections, int streams, byte[] request, uint streamWindowBytes)
    {
        var peers = new List<Http2Peer>();
        for (var i = 0; i < connections; i++)
        {
            var peer = await Http2Peer.StartAsync(node, streamWindowBytes);
            peers.Add(peer);
            for (var n = 0; n < streams; n++)
            {
                var stream = (2 * n) + 1;
                await peer.SendAsync((byte[])[.. Http2Peer.Frame(FrameType.Headers, Http2Peer.EndHeaders, stream, CallBlock), .. Http2Peer.Frame(FrameType.Data, Http2Peer.EndStream, stream, request)]);
            }
        }

        return peers;
    }

    private async Task SurviveAsync(Func<Uri, Task> attack, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
    {
        var damage = await mesh.SufferAsync(attack);

        output.WriteLine($"{name}: {damage}");
        Assert.False(mesh.Edge.Process.HasExited, string.Join('\n', mesh.Edge.Process.Transcript.TakeLast(60)));
        Assert.Empty(damage.Failures);
        Assert.True(damage.Calls > 0 && damage.Growth < MaxGrowthBytes, damage.ToString());
        mesh.Edge.AssertNoUnexpectedErrors();
    }
}
