using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Probing.Answers;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.Probing.Tests.Answers;

public sealed class ProbeGrpcServiceTests
{
    private static readonly ReflectorFacts Facts = new()
    {
        Node = "LHR50-1",
        Region = () => "eu-west-2",
        IsDraining = () => true,
        Capacity = 100,
        Coordinate = () => Coordinate.Origin,
        Neighbours = most => [.. Enumerable.Range(0, most).Select(i => new MeshNeighbour { Node = $"CDG50-{i}", RoundTrip = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(i)) })],
    };

    [Fact]
    public async Task Probe_Answered_SaysWhoAndHow()
    {
        await using var host = await ReflectingHost.StartAsync(Facts, TimeProvider.System);

        var answer = await host.Client.ProbeAsync(new ProbeRequest { Sequence = 7, Padding = ByteString.CopyFrom(new byte[ProbeGrpcService.MaxPaddingBytes]) });
        var withNeighbours = await host.Client.ProbeAsync(new ProbeRequest { Neighbours = true });

        Assert.Equal(("LHR50-1", "eu-west-2", 7UL, true, 0U, 100U), (answer.Node, answer.Region, answer.Sequence, answer.Draining, answer.InFlight, answer.Capacity));
        Assert.Equal((Coordinate.Dimensions, 1.5), (answer.Coordinate.Position.Count, answer.Coordinate.Error));
        Assert.InRange(answer.Residence.ToTimeSpan(), TimeSpan.Zero, TestDeadline.Default);
        Assert.Null(answer.ServedMedian);
        Assert.Empty(answer.Neighbours);
        Assert.Equal(ProbeReflector.MaxNeighbours, withNeighbours.Neighbours.Count);
    }

    [Fact]
    public async Task Probe_PaddingBeyondTheLimit_IsInvalid()
    {
        await using var host = await ReflectingHost.StartAsync(Facts, TimeProvider.System);
        var probe = new ProbeRequest { Padding = ByteString.CopyFrom(new byte[ProbeGrpcService.MaxPaddingBytes + 1]) };

        var fault = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ProbeAsync(probe));
        using var stream = host.Client.ProbeStream();
        await stream.RequestStream.WriteAsync(new ProbeStreamRequest { Probe = probe });
        var streamFault = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("65537", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.InvalidArgument, streamFault.StatusCode);
    }

    [Fact]
    public async Task ProbeStream_SeveralProbes_AreAnsweredInOrder()
    {
        await using var host = await ReflectingHost.StartAsync(Facts, TimeProvider.System);
        using var stream = host.Client.ProbeStream();

        for (var sequence = 1UL; sequence <= 50; sequence++)
        {
            await SendAsync(stream, sequence);
        }

        for (var sequence = 1UL; sequence <= 50; sequence++)
        {
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(sequence, stream.ResponseStream.Current.Probe.Sequence);
        }

        await stream.RequestStream.CompleteAsync();
        Assert.False(await stream.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(0, host.Slots.Count);
    }

    [Fact]
    public async Task ProbeStream_TooManyProbesASecond_IsExhausted()
    {
        var time = new ManualTimeProvider();
        await using var host = await ReflectingHost.StartAsync(Facts, time);
        using var stream = host.Client.ProbeStream();

        for (var i = 0; i < ProbeAllowance.PerSecond; i++)
        {
            await SendAsync(stream, 1);
            Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        }

        time.Advance(TimeSpan.FromMilliseconds(10));
        await SendAsync(stream, 2);
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        await SendAsync(stream, 3);
        var fault = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
    }

    [Fact]
    public async Task ProbeStream_Resting_IsEnded()
    {
        var time = new ManualTimeProvider();
        await using var host = await ReflectingHost.StartAsync(Facts, time);
        using var stream = host.Client.ProbeStream();
        await SendAsync(stream, 1);
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        time.Advance(ProbeGrpcService.IdleLimit);
        var fault = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.DeadlineExceeded, fault.StatusCode);
        Assert.Equal(0, host.Slots.Count);
    }

    [Fact]
    public async Task ProbeStream_NodeStops_EndsAtOnce()
    {
        await using var host = await ReflectingHost.StartAsync(Facts, TimeProvider.System);
        using var stream = host.Client.ProbeStream();
        await SendAsync(stream, 1);
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));

        // The host would wait for calls that run, for longer than this test does.
        var stopping = host.StopAsync();
        var fault = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(CancellationToken.None));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(StatusCode.Unavailable, fault.StatusCode);
    }

    [Fact]
    public async Task ProbeStream_MoreThanOneAddressMayHave_IsExhausted()
    {
        await using var host = await ReflectingHost.StartAsync(Facts, TimeProvider.System);
        var open = new List<AsyncDuplexStreamingCall<ProbeStreamRequest, ProbeStreamResponse>>();
        for (var i = 0; i < ProbeStreamSlots.MostFromOneAddress; i++)
        {
            open.Add(host.Client.ProbeStream());
            await SendAsync(open[i], 1);
            Assert.True(await open[i].ResponseStream.MoveNext(CancellationToken.None));
        }

        using var more = host.Client.ProbeStream();
        var fault = await Assert.ThrowsAsync<RpcException>(() => more.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Equal(ProbeStreamSlots.MostFromOneAddress, host.Slots.Count);
        open.ForEach(stream => stream.Dispose());
    }

    private static Task SendAsync(AsyncDuplexStreamingCall<ProbeStreamRequest, ProbeStreamResponse> stream, ulong sequence) =>
        stream.RequestStream.WriteAsync(new ProbeStreamRequest { Probe = new ProbeRequest { Sequence = sequence } });
}
