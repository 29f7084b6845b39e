using Grpc.Core;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>The answers of a server streaming or duplex call.</summary>
internal sealed class ResponseStream<T>(HttpServerCallContext call, Marshaller<T> marshaller) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions
    {
        get => field ?? call.WriteOptions;
        set;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled(cancellationToken)
            : call.WriteAsync(marshaller, message, WriteOptions, cancellationToken);
    }
}
