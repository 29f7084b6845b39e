using System.Buffers;
using System.Net.Http.Headers;
using EdgeMesh.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>A whole answer as it came over the wire.</summary>
internal sealed record RawAnswer(int HttpStatus, Dictionary<string, string[]> Headers, Dictionary<string, string[]> Trailers, byte[] Body)
{
    /// <summary>The status, from wherever it is.</summary>
    public StatusCode Status => (StatusCode)int.Parse(Field("grpc-status"), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The decoded status message.</summary>
    public string Message => PercentEncoding.Decode(Field("grpc-message"));

    /// <summary>Whether the status came in the headers.</summary>
    public bool IsTrailersOnly => Headers.ContainsKey("grpc-status") && Trailers.Count == 0 && Body.Length == 0;

    /// <summary>The messages with their compressed flags, still compressed.</summary>
    public List<(bool IsCompressed, byte[] Bytes)> Messages
    {
        get
        {
            var messages = new List<(bool, byte[])>();
            var rest = new ReadOnlySequence<byte>(Body);
            while (MessageFrame.TryRead(ref rest, long.MaxValue, out var header, out var message) == MessageFrameStatus.Complete)
            {
                messages.Add((header.IsCompressed, message.ToArray()));
            }

            Assert.True(rest.IsEmpty);
            return messages;
        }
    }

    /// <summary>Reads the whole body, and what stands around it.</summary>
    public static async Task<RawAnswer> ReadAsync(HttpResponseMessage response) => Read(response, await response.Content.ReadAsByteArrayAsync());

    /// <summary>What stands around a body that has been read.</summary>
    public static RawAnswer Read(HttpResponseMessage response, byte[] body)
    {
        var headers = Fields(response.Headers.NonValidated);
        foreach (var (name, values) in Fields(response.Content.Headers.NonValidated))
        {
            headers[name] = values;
        }

        return new RawAnswer((int)response.StatusCode, headers, Fields(response.TrailingHeaders.NonValidated), body);
    }

    private static Dictionary<string, string[]> Fields(HttpHeadersNonValidated headers) =>
        headers.ToDictionary(field => field.Key.ToLowerInvariant(), field => field.Value.ToArray());

    private string Field(string name) => Trailers.TryGetValue(name, out var values) || Headers.TryGetValue(name, out values) ? values.Single() : "";
}

/// <summary>Length-prefixed messages to send.</summary>
internal static class Frames
{
    /// <summary>A frame around any bytes.</summary>
    public static byte[] Around(byte[] bytes, byte flag = 0)
    {
        var frame = new byte[MessageFrame.HeaderSize + bytes.Length];
        MessageFrame.WriteHeader(frame, false, (uint)bytes.Length);
        frame[0] = flag;
        bytes.CopyTo(frame, MessageFrame.HeaderSize);
        return frame;
    }

    /// <summary>A frame with a BytesValue.</summary>
    public static byte[] Of(params byte[] value) => Around(Payload(value));

    /// <summary>A frame with a gzipped BytesValue.</summary>
    public static byte[] Gzipped(params byte[] value) => Around(Gzip(Payload(value)), flag: 1);

    /// <summary>A BytesValue without a frame.</summary>
    public static byte[] Payload(params byte[] value) => new BytesValue { Value = ByteString.CopyFrom(value) }.ToByteArray();

    /// <summary>What a BytesValue holds.</summary>
    public static byte[] Value(byte[] payload) => BytesValue.Parser.ParseFrom(payload).Value.ToByteArray();

    public static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(output, System.IO.Compression.CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    public static byte[] Gunzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress);
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
