using System.Collections.Concurrent;
using System.Net;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Tests.Telemetry;

public sealed class AccessLogTests
{
    [Theory]
    [InlineData("GET", null)]
    [InlineData("POST", "application/json")]
    [InlineData("GET", "application/grpc")]
    public async Task Request_ThatIsNoCall_HasItsLineAndCountsNowhere(string method, string? contentType)
    {
        var log = new RecordingLog();
        await using var origin = await RawOrigin.StartAsync(_ => Task.CompletedTask);
        await using var node = await RelayFixture.StartAsync(origin.Address, new RelayOptions { NodeName = "LHR50-1", NodeDescription = "edge location LHR50-1", AccessLog = log });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Address, "/index.html"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = contentType is null ? null : new ByteArrayContent([1]) { Headers = { ContentType = new(contentType) } },
        };

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        var line = Assert.Single(log.Lines);
        Assert.Equal(("/index.html", GrpcStatusCode.Unknown, CallOutcome.Refused, "not-grpc"), (line.Path, line.Status, line.Outcome, line.Reason));
        Assert.Equal(IPAddress.Loopback, line.PeerAddress);
        Assert.Equal(0, node.Relay.Counters.Calls);
    }

    private sealed class RecordingLog : AccessLog
    {
        public ConcurrentQueue<AccessLogEntry> Lines { get; } = [];

        public override bool IsEnabled => true;

        public override long Dropped => 0;

        public override void Write(in AccessLogEntry entry) => Lines.Enqueue(entry);
    }
}
