using Grpc.Core;
using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Metadata that comes back as it went out.</summary>
internal static class MetadataCases
{
    private const string InitialName = "x-grpc-test-echo-initial";
    private const string InitialValue = "test_initial_metadata_value";
    private const string TrailingName = "x-grpc-test-echo-trailing-bin";

    private static readonly byte[] TrailingValue = [0xab, 0xab, 0xab];

    public static async Task CustomMetadataAsync(CaseContext context)
    {
        var unary = context.Client.UnaryCallAsync(UnaryCases.LargeRequest(), CustomMetadata());
        Check(await unary.ResponseHeadersAsync, (await unary.ResponseAsync).Payload.Body.Length, unary.GetTrailers());

        using var duplex = context.Client.FullDuplexCall(CustomMetadata());
        await duplex.RequestStream.WriteAsync(StreamingCases.Request(UnaryCases.RequestBytes, UnaryCases.ResponseBytes));
        await duplex.RequestStream.CompleteAsync();
        Equal(true, await duplex.ResponseStream.MoveNext());
        var size = duplex.ResponseStream.Current.Payload.Body.Length;
        Equal(false, await duplex.ResponseStream.MoveNext());
        Check(await duplex.ResponseHeadersAsync, size, duplex.GetTrailers());
    }

    /// <summary>Two binary values under one name stay two, in order, whatever their bytes are.</summary>
    public static async Task DuplicateBinaryMetadataAsync(CaseContext context)
    {
        byte[][] values = [[0xab, 0xab, 0xab], [], [0x2c, 0x20, 0x00, 0xff]];
        var metadata = new Metadata();
        foreach (var value in values)
        {
            metadata.Add(TrailingName, value);
        }

        var call = context.Client.UnaryCallAsync(new SimpleRequest(), metadata);
        await call.ResponseAsync;
        Equal(Join(values), Join(call.GetTrailers().GetAll(TrailingName).Select(entry => entry.ValueBytes)));
    }

    private static Metadata CustomMetadata() => new() { { InitialName, InitialValue }, { TrailingName, TrailingValue } };

    private static void Check(Metadata headers, int responseBytes, Metadata trailers)
    {
        Equal(UnaryCases.ResponseBytes, responseBytes);
        Equal(InitialValue, headers.GetValue(InitialName));
        Equal(Join([TrailingValue]), Join(trailers.GetAll(TrailingName).Select(entry => entry.ValueBytes)));
    }

    private static string Join(IEnumerable<byte[]> values) => string.Join(' ', values.Select(value => $"<{Convert.ToHexString(value)}>"));
}
