using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using EdgeMesh.Wire;
using Google.Protobuf;

namespace EdgeMesh.Client.Calls;

/// <summary>Calls a node's own services by frames: all of gRPC that a client of the mesh needs for itself.</summary>
/// <remarks>Stateless; thread-safe. gRPC over HTTP2, "Requests" and "Responses".</remarks>
internal static class NodeRpc
{
    // What gRPC clients take by default.
    private const int MaxAnswerBytes = 4 * 1024 * 1024;

    /// <summary>Makes a unary call.</summary>
    /// <param name="invoker">Sends to the node.</param>
    /// <param name="target">The node's address with the method's path.</param>
    /// <param name="request">The message.</param>
    /// <param name="parser">Of the answer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="NodeRpcException">The call failed, by the node's word or on the way.</exception>
    public static async Task<T> CallAsync<T>(HttpMessageInvoker invoker, Uri target, IMessage request, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        // To the end: the status comes last, and a stream that is left before it is reset.
        T? only = default;
        await foreach (var answer in StreamAsync(invoker, target, request, parser, cancellationToken).ConfigureAwait(false))
        {
            only = only is null ? answer : throw new NodeRpcException(GrpcStatusCode.Internal, "the node sent two messages where one is due");
        }

        return only ?? throw new NodeRpcException(GrpcStatusCode.Internal, "the node answered without a message");
    }

    /// <summary>Makes a call with a stream of answers, which ends as the node ends it.</summary>
    /// <inheritdoc cref="CallAsync"/>
    public static async IAsyncEnumerable<T> StreamAsync<T>(HttpMessageInvoker invoker, Uri target, IMessage request, MessageParser<T> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        using var message = CreateRequest(target, request);
        using var response = await GuardAsync(() => invoker.SendAsync(message, cancellationToken), cancellationToken).ConfigureAwait(false);
        ThrowUnlessGrpc(response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new ArrayBufferWriter<byte>(1024);
        while (true)
        {
            var read = new ReadOnlySequence<byte>(buffer.WrittenMemory);
            var status = MessageFrame.TryRead(ref read, MaxAnswerBytes, out var header, out var frame);
            if (status == MessageFrameStatus.Complete && !header.IsCompressed)
            {
                var answer = Parse(parser, frame);
                var rest = read.ToArray();
                buffer.ResetWrittenCount();
                buffer.Write(rest);
                yield return answer;
                continue;
            }

            if (status != MessageFrameStatus.Incomplete)
            {
                throw new NodeRpcException(GrpcStatusCode.Internal, $"the node sent a frame that is {(status == MessageFrameStatus.Complete ? "compressed" : status.ToString().ToLowerInvariant())}");
            }

            var room = buffer.GetMemory(4096);
            var count = await GuardAsync(() => body.ReadAsync(room, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                ThrowUnlessOk(GrpcStatusOf.Read(response.Headers) is null ? response.TrailingHeaders : response.Headers);
                if (buffer.WrittenCount > 0)
                {
                    throw new NodeRpcException(GrpcStatusCode.Internal, "the node ended the call within a message");
                }

                yield break;
            }

            buffer.Advance(count);
        }
    }

    private static HttpRequestMessage CreateRequest(Uri target, IMessage request)
    {
        var frame = new byte[MessageFrame.HeaderSize + request.CalculateSize()];
        MessageFrame.WriteHeader(frame, isCompressed: false, (uint)(frame.Length - MessageFrame.HeaderSize));
        request.WriteTo(frame.AsSpan(MessageFrame.HeaderSize));
        var message = new HttpRequestMessage(HttpMethod.Post, target)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new RepeatableContent(frame),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.GrpcContentType);
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return message;
    }

    private static void ThrowUnlessGrpc(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new NodeRpcException(StatusMapping.FromHttpStatus((int)response.StatusCode), string.Create(CultureInfo.InvariantCulture, $"HTTP status {(int)response.StatusCode}: no EdgeMesh node answers there"));
        }

        if (GrpcStatusOf.Read(response.Headers) is not null)
        {
            ThrowUnlessOk(response.Headers);
        }
    }

    private static void ThrowUnlessOk(HttpResponseHeaders fields)
    {
        switch (GrpcStatusOf.Read(fields))
        {
            case GrpcStatusCode.Ok:
                return;
            case { } code:
                throw new NodeRpcException(code, GrpcStatusOf.ReadMessage(fields));
            default:
                throw new NodeRpcException(GrpcStatusCode.Internal, "the node ended the call without grpc-status");
        }
    }

    private static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> frame)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new NodeRpcException(GrpcStatusCode.Internal, $"the node sent a message that cannot be read: {fault.Message}");
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or ObjectDisposedException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new NodeRpcException(GrpcStatusCode.Unavailable, TransportFault.Describe(fault));
        }
    }
}

/// <summary>A call to a node's own services failed.</summary>
internal sealed class NodeRpcException(GrpcStatusCode code, string message) : Exception(message)
{
    /// <summary>The node's status, or what stands for the fault.</summary>
    public GrpcStatusCode Code { get; } = code;
}
