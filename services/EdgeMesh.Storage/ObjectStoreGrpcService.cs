using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeMesh.Storage;

/// <summary>Serves an <see cref="ObjectStore"/> as <c>edgemesh.v1.ObjectStoreService</c>. Stateless; thread-safe.</summary>
/// <param name="store">What is served; its owner closes it.</param>
public sealed class ObjectStoreGrpcService(ObjectStore store) : ObjectStoreService.ObjectStoreServiceBase
{
    /// <inheritdoc/>
    public override Task<CreateBucketResponse> CreateBucket(CreateBucketRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.CreateBucketAsync(request, context.CancellationToken));

    /// <inheritdoc/>
    public override Task<DeleteBucketResponse> DeleteBucket(DeleteBucketRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.DeleteBucketAsync(request, context.CancellationToken));

    /// <inheritdoc/>
    public override Task<ListBucketsResponse> ListBuckets(ListBucketsRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.ListBucketsAsync(request).AsTask());

    /// <inheritdoc/>
    public override Task<PutObjectResponse> PutObject(PutObjectRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.PutAsync(request, context.CancellationToken));

    /// <inheritdoc/>
    public override Task<GetObjectResponse> GetObject(GetObjectRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = await store.GetAsync(request, context.CancellationToken).ConfigureAwait(false);
        ThrowIfNotModified(response.Info, context);
        await context.WriteResponseHeadersAsync(Declare(response.Info)).ConfigureAwait(false);
        return response;
    });

    /// <inheritdoc/>
    public override Task<HeadObjectResponse> HeadObject(HeadObjectRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = await store.HeadAsync(request).ConfigureAwait(false);
        ThrowIfNotModified(response.Info, context);
        await context.WriteResponseHeadersAsync(Declare(response.Info)).ConfigureAwait(false);
        return response;
    });

    /// <inheritdoc/>
    public override Task<DeleteObjectResponse> DeleteObject(DeleteObjectRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.DeleteAsync(request, context.CancellationToken));

    /// <inheritdoc/>
    public override Task<CopyObjectResponse> CopyObject(CopyObjectRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.CopyAsync(request, context.CancellationToken));

    /// <inheritdoc/>
    public override Task<ListObjectsResponse> ListObjects(ListObjectsRequest request, ServerCallContext context) =>
        AnswerAsync(() => store.ListAsync(request).AsTask());

    /// <inheritdoc/>
    public override Task ReadObject(ReadObjectRequest request, IServerStreamWriter<ReadObjectResponse> responseStream, ServerCallContext context) => AnswerAsync(async () =>
    {
        using var reader = await store.OpenReadAsync(request, context.CancellationToken).ConfigureAwait(false);

        // The first chunk is proven before anything is sent: an answer that is an error from its start declares no caching.
        var chunk = await reader.ReadAsync(context.CancellationToken).ConfigureAwait(false);
        await context.WriteResponseHeadersAsync(Declare(reader.Info)).ConfigureAwait(false);
        await responseStream.WriteAsync(new ReadObjectResponse { Info = reader.Info }, context.CancellationToken).ConfigureAwait(false);
        while (!chunk.IsEmpty)
        {
            // The chunk's memory is the reader's: serialized when WriteAsync returns, overwritten by the next read.
            await responseStream.WriteAsync(new ReadObjectResponse { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) }, context.CancellationToken).ConfigureAwait(false);
            chunk = await reader.ReadAsync(context.CancellationToken).ConfigureAwait(false);
        }

        return true;
    });

    /// <inheritdoc/>
    public override Task<WriteObjectResponse> WriteObject(IAsyncStreamReader<WriteObjectRequest> requestStream, ServerCallContext context) => AnswerAsync(async () =>
    {
        if (!await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false) || requestStream.Current.PartCase != WriteObjectRequest.PartOneofCase.Spec)
        {
            throw FaultStatus.OutOfOrder("spec", "must be the first message", "is absent");
        }

        await using var writer = store.BeginWrite(requestStream.Current.Spec);
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            var part = requestStream.Current;
            if (part.PartCase != WriteObjectRequest.PartOneofCase.Chunk)
            {
                throw FaultStatus.OutOfOrder("chunk", "must be in every message but the first", "is absent");
            }

            if (part.Chunk.Length > ObjectLimits.UnaryContentMaxBytes)
            {
                throw FaultStatus.OutOfOrder("chunk", $"must be up to {ObjectLimits.UnaryContentMaxBytes} bytes", $"is {part.Chunk.Length}");
            }

            await writer.AppendAsync(part.Chunk.Memory, context.CancellationToken).ConfigureAwait(false);
        }

        return new WriteObjectResponse { Info = await writer.CommitAsync(context.CancellationToken).ConfigureAwait(false) };
    });

    private static async Task<T> AnswerAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (ObjectStoreException e)
        {
            throw FaultStatus.ToRpcException(e);
        }
    }

    /// <summary>Tells who has the object already that it is still the same: docs/caching.md, "Stale answers".</summary>
    private void ThrowIfNotModified(ObjectInfo info, ServerCallContext context)
    {
        if (context.RequestHeaders.GetValue("if-none-match") == info.Etag)
        {
            var declared = Declare(info);
            declared.Add("edgemesh-not-modified", "1");
            throw new RpcException(new Status(StatusCode.Aborted, "not modified"), declared);
        }
    }

    private Metadata Declare(ObjectInfo info)
    {
        var declared = new Metadata { { "etag", info.Etag } };
        if (store.CacheControlOf(info) is { Length: > 0 } cacheControl)
        {
            declared.Add("cache-control", cacheControl);
        }

        if (info.Tags.Count > 0)
        {
            declared.Add("surrogate-key", string.Join(' ', info.Tags));
        }

        return declared;
    }
}
