using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace EdgeMesh.Storage.Backup;

/// <summary>Answers <c>edgemesh.v1.AdminService/Backup</c>.</summary>
/// <remarks>
/// It ends when: the archive is out; the caller goes away; the caller takes no chunk for <see cref="StallTimeout"/>, so that one that
/// hangs does not keep deleted bodies on the disk for ever; the Region stops (a backup may take longer than a stop, and can be begun
/// again); a body is damaged. Whichever it is, nothing of it is left. Thread-safe.
/// </remarks>
public static class BackupCall
{
    /// <summary>Far longer than a busy disk or line stops for.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Sends a backup.</summary>
    /// <param name="store">Whose.</param>
    /// <param name="region">The Region's name.</param>
    /// <param name="responses">Where to.</param>
    /// <param name="time">The clock of stalls.</param>
    /// <param name="stopping">Signalled when the Region stops.</param>
    /// <param name="context">The call's.</param>
    /// <exception cref="RpcException">It did not come to its end.</exception>
    public static async Task AnswerAsync(
        ObjectStore store, string region, IServerStreamWriter<BackupResponse> responses, TimeProvider time, CancellationToken stopping, ServerCallContext context)
    {
        using var stalled = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stalled.Token, stopping, context.CancellationToken);
        try
        {
            using var backup = await store.BeginBackupAsync(region, end.Token).ConfigureAwait(false);
            var head = backup.Head;
            await WriteAsync(new BackupResponse
            {
                Info = new BackupResponse.Types.Info
                {
                    Region = head.Region,
                    Time = Timestamp.FromDateTimeOffset(head.Time),
                    Objects = (ulong)head.Objects,
                    BodyBytes = (ulong)head.BodyBytes,
                },
            }).ConfigureAwait(false);

            // The chunk's memory is serialized when the write returns, and used again by the next.
            var (bytes, sha256) = await backup.WriteArchiveAsync(
                (chunk, _) => new(WriteAsync(new BackupResponse { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) })), end.Token).ConfigureAwait(false);
            await WriteAsync(new BackupResponse
            {
                End = new BackupResponse.Types.End { SizeBytes = (ulong)bytes, Sha256 = ByteString.CopyFrom(Convert.FromHexString(sha256)) },
            }).ConfigureAwait(false);
        }
        catch (ObjectStoreException e)
        {
            throw FaultStatus.ToRpcException(e);
        }
        catch (Exception) when (stalled.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"The caller took nothing for {StallTimeout.TotalSeconds} seconds"));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The Region is stopping: back up again"));
        }

        async Task WriteAsync(BackupResponse response)
        {
            stalled.CancelAfter(StallTimeout);
            await responses.WriteAsync(response, end.Token).ConfigureAwait(false);
            stalled.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }
}
