using System.Globalization;
using EdgeMesh.InteropHost.MessageFlags;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace EdgeMesh.InteropHost.Server;

/// <summary>The standard interop service.</summary>
/// <remarks>https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md, "Server".</remarks>
internal sealed class InteropTestService(TimeProvider time) : TestService.TestServiceBase
{
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    /// <summary>Largest payload made to order: what fits a default client's 4 MiB with room for the rest of the message.</summary>
    private const int MaxResponseBytes = (4 << 20) - 1024;

    private static readonly WriteOptions Compressed = new();
    private static readonly WriteOptions Uncompressed = new(WriteFlags.NoCompress);

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context)
    {
        context.WriteOptions = Uncompressed;
        return Task.FromResult(new Empty());
    }

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        CheckCompression(request.ExpectCompressed, context);
        await EchoMetadataAsync(context);
        EndIfAsked(request.ResponseStatus);
        context.WriteOptions = Options(request.ResponseCompressed);
        return new SimpleResponse { Payload = MakePayload(request.ResponseType, request.ResponseSize) };
    }

    public override async Task<SimpleResponse> CacheableUnaryCall(SimpleRequest request, ServerCallContext context)
    {
        // Another body each time, so that a repeated one proves a cache.
        var nanoseconds = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        await context.WriteResponseHeadersAsync(new Metadata { { "cache-control", "public, max-age=60" } });
        context.WriteOptions = Uncompressed;
        return new SimpleResponse { Payload = new Payload { Body = ByteString.CopyFromUtf8(nanoseconds.ToString(CultureInfo.InvariantCulture)) } };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        await AnswerAsync(request, responseStream, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(
        IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        var total = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            CheckCompression(request.ExpectCompressed, context);
            total += request.Payload?.Body.Length ?? 0;
        }

        context.WriteOptions = Uncompressed;
        return new StreamingInputCallResponse { AggregatedPayloadSize = total };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await AnswerAsync(request, responseStream, context);
        }
    }

    public override async Task HalfDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requestStream,
        IServerStreamWriter<StreamingOutputCallResponse> responseStream,
        ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        var requests = new List<StreamingOutputCallRequest>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            requests.Add(request);
        }

        foreach (var request in requests)
        {
            await AnswerAsync(request, responseStream, context);
        }
    }

    private async Task AnswerAsync(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        EndIfAsked(request.ResponseStatus);
        foreach (var parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), time, context.CancellationToken);
            }

            responseStream.WriteOptions = Options(parameters.Compressed);
            await responseStream.WriteAsync(new StreamingOutputCallResponse { Payload = MakePayload(request.ResponseType, parameters.Size) });
        }
    }

    private static WriteOptions Options(BoolValue? compressed) => compressed is { Value: true } ? Compressed : Uncompressed;

    private static void CheckCompression(BoolValue? expected, ServerCallContext context)
    {
        var isCompressed = context.GetHttpContext().Features.Get<MessageFlagLog>()!.TakeIsCompressed();
        if (expected is not null && expected.Value != isCompressed)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"expect_compressed: {expected.Value}, but the message's flag is {isCompressed}"));
        }
    }

    private static void EndIfAsked(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    private static Payload MakePayload(PayloadType type, int sizeBytes)
    {
        if (type != PayloadType.Compressable)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"response_type: {type} is not known here"));
        }

        if (sizeBytes is < 0 or > MaxResponseBytes)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"response size: 0 to {MaxResponseBytes} bytes, not {sizeBytes}"));
        }

        return new Payload { Body = UnsafeByteOperations.UnsafeWrap(new byte[sizeBytes]) };
    }

    private static async Task EchoMetadataAsync(ServerCallContext context)
    {
        foreach (var entry in context.RequestHeaders.GetAll(EchoTrailing))
        {
            context.ResponseTrailers.Add(entry);
        }

        var initial = new Metadata();
        foreach (var entry in context.RequestHeaders.GetAll(EchoInitial))
        {
            initial.Add(entry);
        }

        if (initial.Count > 0)
        {
            await context.WriteResponseHeadersAsync(initial);
        }
    }
}
