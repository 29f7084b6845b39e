using System.IO.Compression;
using System.IO.Pipelines;
using EdgeMesh.GrpcStack.Messages;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using Grpc.Net.Compression;

namespace EdgeMesh.GrpcStack.Tests.Messages;

/// <summary>What the serializer writes, the reader reads: through every kind of marshaller, coding and cut.</summary>
public sealed class MessageRoundTripTests
{
    private static readonly GzipCompressionProvider Gzip = new(CompressionLevel.Fastest);
    private static readonly MessageCodings Codings = new([Gzip]);

    /// <summary>The ways a marshaller may use its context.</summary>
    private static readonly Marshaller<byte[]>[] ByteMarshallers =
    [
        new(bytes => bytes, bytes => bytes),
        new(
            (bytes, context) =>
            {
                context.SetPayloadLength(bytes.Length);
                Write(context, bytes);
            },
            context => context.PayloadAsNewBuffer()),
        new(Write, context => context.PayloadAsNewBuffer()),
    ];

    [Fact]
    public void ReadAsync_AnyMessagesInAnyPieces_AreThoseWritten() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Zip(ArbMap.Default.GeneratorFor<byte[]>().Zip(Gen.Choose(0, 5)).ListOf(), Gen.Choose(1, 40)).ToArbitrary(),
        async Task<bool> (generated) =>
        {
            var (messages, pieceLength) = generated;
            var pipe = new Pipe();
            using var output = new PooledBufferWriter(1);
            var serializer = new MessageSerializer(null);
            foreach (var (bytes, way) in messages)
            {
                serializer.Write(output, ByteMarshallers[way % 3], bytes, way < 3 ? null : Gzip, null);
            }

            var sending = SendAsync(pipe.Writer, output.WrittenMemory, pieceLength);
            var reader = new MessagePipeReader(pipe.Reader, new MessageDeserializer(null, Codings, "gzip"));
            foreach (var (bytes, _) in messages)
            {
                if (!(await reader.ReadAsync(ByteMarshallers[0], CancellationToken.None))!.AsSpan().SequenceEqual(bytes))
                {
                    return false;
                }
            }

            await sending;
            return await reader.ReadAsync(ByteMarshallers[0], CancellationToken.None) is null;
        }));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Write_OverTheLimit_WritesNothing(int way)
    {
        using var output = new PooledBufferWriter();
        var serializer = new MessageSerializer(9);

        var fault = Assert.Throws<RpcException>(() => serializer.Write(output, ByteMarshallers[way], new byte[10], null, null));

        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
        Assert.Contains("10 bytes, limit 9 bytes", fault.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
        serializer.Write(output, ByteMarshallers[way], new byte[9], null, null);
        Assert.Equal(14, output.WrittenCount);
    }

    [Fact]
    public async Task ReadAsync_CancelPendingRead_FailsThatReadOnly()
    {
        var pipe = new Pipe();
        var reader = new MessagePipeReader(pipe.Reader, new MessageDeserializer(null, Codings, null));
        var reading = reader.ReadAsync(ByteMarshallers[0], CancellationToken.None).AsTask();

        reader.CancelPendingRead();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 7 });
        Assert.Equal([7], await reader.ReadAsync(ByteMarshallers[0], CancellationToken.None));
    }

    [Fact]
    public async Task ReadAsync_BrokenMarshaller_IsInternal()
    {
        var pipe = new Pipe();
        var reader = new MessagePipeReader(pipe.Reader, new MessageDeserializer(null, Codings, null));
        await pipe.Writer.WriteAsync(new byte[] { 0, 0, 0, 0, 1, 7 });
        var broken = new Marshaller<byte[]>(bytes => bytes, _ => throw new FormatException("why"));

        var fault = await Assert.ThrowsAsync<RpcException>(() => reader.ReadAsync(broken, CancellationToken.None).AsTask());

        Assert.Equal(StatusCode.Internal, fault.StatusCode);
        Assert.IsType<FormatException>(fault.Status.DebugException);
    }

    private static void Write(byte[] bytes, SerializationContext context) => Write(context, bytes);

    private static void Write(SerializationContext context, byte[] bytes)
    {
        var output = context.GetBufferWriter();
        foreach (var b in bytes)
        {
            output.GetSpan(1)[0] = b;
            output.Advance(1);
        }

        context.Complete();
    }

    private static async Task SendAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes, int pieceLength)
    {
        for (var at = 0; at < bytes.Length; at += pieceLength)
        {
            await writer.WriteAsync(bytes.Slice(at, Math.Min(pieceLength, bytes.Length - at)));
        }

        await writer.CompleteAsync();
    }
}
