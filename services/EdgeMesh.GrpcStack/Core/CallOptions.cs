namespace Grpc.Core;

/// <summary>What a caller may say about a call. Immutable: each With… method answers a changed copy.</summary>
public readonly struct CallOptions
{
    /// <summary>Options for a call.</summary>
    /// <param name="headers">Request metadata.</param>
    /// <param name="deadline">When the caller gives up, in UTC; null or <see cref="DateTime.MaxValue"/> for never.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">How request messages are written.</param>
    public CallOptions(Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default, WriteOptions? writeOptions = null)
        : this(headers, deadline, cancellationToken, writeOptions, false)
    {
    }

    private CallOptions(Metadata? headers, DateTime? deadline, CancellationToken cancellationToken, WriteOptions? writeOptions, bool isWaitForReady)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        IsWaitForReady = isWaitForReady;
    }

    /// <summary>Request metadata.</summary>
    public Metadata? Headers { get; }

    /// <summary>When the caller gives up, in UTC.</summary>
    public DateTime? Deadline { get; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>How request messages are written.</summary>
    public WriteOptions? WriteOptions { get; }

    /// <summary>Whether the call waits for a connection instead of failing at once.</summary>
    public bool IsWaitForReady { get; }

    /// <summary>A copy with other request metadata.</summary>
    public CallOptions WithHeaders(Metadata headers) => new(headers, Deadline, CancellationToken, WriteOptions, IsWaitForReady);

    /// <summary>A copy with another deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => new(Headers, deadline, CancellationToken, WriteOptions, IsWaitForReady);

    /// <summary>A copy with another cancellation token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => new(Headers, Deadline, cancellationToken, WriteOptions, IsWaitForReady);

    /// <summary>A copy with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => new(Headers, Deadline, CancellationToken, writeOptions, IsWaitForReady);

    /// <summary>A copy that waits, or not, for a connection.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => new(Headers, Deadline, CancellationToken, WriteOptions, waitForReady);
}
