using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;
using Alpha = Grpc.Reflection.V1Alpha;

namespace EdgeMesh.Introspection;

/// <summary>Server reflection v1: what this node and its origins serve.</summary>
/// <remarks>https://github.com/grpc/grpc/blob/master/doc/server-reflection.md. Errors are answers; the stream goes on.</remarks>
internal sealed class ReflectionGrpcService(ReflectionIndex index) : ServerReflection.ServerReflectionBase
{
    /// <inheritdoc/>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        var session = new ReflectionSession(index);
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            await responseStream.WriteAsync(await session.AnswerAsync(requestStream.Current, context.CancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }
}

/// <summary>Server reflection v1alpha, which older tools ask: the same answers, as both versions have the same messages on the wire.</summary>
internal sealed class ReflectionAlphaGrpcService(ReflectionIndex index) : Alpha.ServerReflection.ServerReflectionBase
{
    /// <inheritdoc/>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<Alpha.ServerReflectionRequest> requestStream,
        IServerStreamWriter<Alpha.ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        var session = new ReflectionSession(index);
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            var question = ServerReflectionRequest.Parser.ParseFrom(requestStream.Current.ToByteString());
            var answer = await session.AnswerAsync(question, context.CancellationToken).ConfigureAwait(false);
            await responseStream.WriteAsync(Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString())).ConfigureAwait(false);
        }
    }
}
