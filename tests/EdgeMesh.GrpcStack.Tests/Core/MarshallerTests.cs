using System.Buffers;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class MarshallerTests
{
    [Fact]
    public void StringMarshaller_RoundTrips()
    {
        var marshaller = Marshallers.StringMarshaller;
        var context = new Context();

        marshaller.ContextualSerializer("h\u00e9", context);

        Assert.Equal("h\u00e9", marshaller.Deserializer(context.Bytes));
        Assert.Equal("h\u00e9", marshaller.ContextualDeserializer(new Payload(context.Bytes)));
    }

    [Fact]
    public void ContextualMarshaller_WithArrays_IsRefused()
    {
        var marshaller = Marshallers.Create<string>((_, context) => context.Complete([]), _ => "");

        Assert.Throws<NotSupportedException>(() => marshaller.Serializer(""));
        Assert.Throws<NotSupportedException>(() => marshaller.Deserializer([]));
    }

    private sealed class Context : SerializationContext
    {
        public byte[] Bytes { get; private set; } = [];

        public override void Complete(byte[] payload) => Bytes = payload;
    }

    private sealed class Payload(byte[] bytes) : DeserializationContext
    {
        public override int PayloadLength => bytes.Length;

        public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(bytes);
    }
}
