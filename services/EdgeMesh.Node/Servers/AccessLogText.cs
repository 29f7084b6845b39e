using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Wire;

namespace EdgeMesh.Node.Servers;

/// <summary>How logs are written.</summary>
internal enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>Writes one call as one line: <c>name=value</c> pairs (logfmt), or a JSON object with the same names.</summary>
internal static class AccessLogText
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
    private const string DurationFormat = "0.000000";

    /// <summary>Appends a line with its end.</summary>
    public static void Append(StringBuilder text, in AccessLogEntry entry, LogFormat format)
    {
        var trace = ActivityContext.TryParse(entry.TraceParent, null, out var context) ? context.TraceId.ToHexString() : null;
        var peer = entry.PeerAddress is null ? null : new IPEndPoint(entry.PeerAddress, entry.PeerPort).ToString();
        var method = entry.Path.TrimStart('/');
        var status = StatusNames.Of(entry.Status);
        var outcome = entry.Outcome.ToString().ToLowerInvariant();
        var time = entry.End.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        var duration = entry.Duration.TotalSeconds.ToString(DurationFormat, CultureInfo.InvariantCulture);
        if (format == LogFormat.Text)
        {
            text.Append(CultureInfo.InvariantCulture, $"time={time} peer={peer ?? "-"} method={Quote(method)} status={status} outcome={outcome} reason={entry.Reason ?? "-"} ");
            text.Append(CultureInfo.InvariantCulture, $"received_bytes={entry.ReceivedBytes} sent_bytes={entry.SentBytes} duration_seconds={duration} trace_id={trace ?? "-"}\n");
            return;
        }

        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time);
            json.WriteString("peer", peer);
            json.WriteString("method", method);
            json.WriteString("status", status);
            json.WriteString("outcome", outcome);
            json.WriteString("reason", entry.Reason);
            json.WriteNumber("received_bytes", entry.ReceivedBytes);
            json.WriteNumber("sent_bytes", entry.SentBytes);
            json.WritePropertyName("duration_seconds");
            json.WriteRawValue(duration);
            json.WriteString("trace_id", trace);
            json.WriteEndObject();
        }

        text.Append(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)).Append('\n');
    }

    /// <summary>A name that a caller may have made up, as one word: in quotation marks, with escapes, when it is not one.</summary>
    private static string Quote(string name) =>
        name.Length > 0 && name.All(c => c is > ' ' and < '\u007f' and not '"' and not '=') ? name : JsonSerializer.Serialize(name, AccessLogContext.Default.String);
}
