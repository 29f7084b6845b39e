using System.Diagnostics.Tracing;
using System.Globalization;

namespace EdgeMesh.Benchmarks.Probes;

/// <summary>Bytes that went through the sockets of this process: what the runtime itself counts, without the headers of TCP and IP.</summary>
/// <remarks>The runtime tells of its counters once a second; a reading is at most so old. Thread-safe.</remarks>
internal sealed class SocketBytes : EventListener
{
    private long _sent;
    private long _received;

    /// <summary>Bytes sent since it listens.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Bytes received since it listens.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Net.Sockets")
        {
            EnableEvents(eventSource, EventLevel.Critical, EventKeywords.None, new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "1" });
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == "EventCounters" && eventData.Payload is [IDictionary<string, object?> counter, ..])
        {
            var total = counter.TryGetValue("Mean", out var mean) ? (long)Convert.ToDouble(mean, CultureInfo.InvariantCulture) : 0;
            switch (counter["Name"])
            {
                case "bytes-sent": Interlocked.Exchange(ref _sent, total); break;
                case "bytes-received": Interlocked.Exchange(ref _received, total); break;
                default: break;
            }
        }
    }
}
