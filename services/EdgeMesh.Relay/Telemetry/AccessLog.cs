using System.Net;
using EdgeMesh.Wire;

namespace EdgeMesh.Relay.Telemetry;

/// <summary>Where a node writes a line for each call. The seam between the relay and whoever has the file.</summary>
/// <remarks>Implementations are thread-safe and never make a call wait: what they cannot take they drop and count.</remarks>
public abstract class AccessLog
{
    /// <summary>Whether lines are wanted now; read at each call.</summary>
    public abstract bool IsEnabled { get; }

    /// <summary>Lines that were lost, because they came faster than they could be written or because writing failed.</summary>
    public abstract long Dropped { get; }

    /// <summary>Takes a line.</summary>
    public abstract void Write(in AccessLogEntry entry);
}

/// <summary>What is told of a call, or of a request that is none: no metadata, and so no credentials.</summary>
/// <param name="End">When it ended.</param>
/// <param name="PeerAddress">Who called; null: not known.</param>
/// <param name="PeerPort">From which port.</param>
/// <param name="Path"><c>/package.Service/Method</c>, as the caller wrote it: it may hold anything.</param>
/// <param name="Status">What the caller was told.</param>
/// <param name="Outcome">How it was answered.</param>
/// <param name="Reason">Why not from the cache, why by a stale answer, or <c>not-grpc</c>: a token; null: nothing to say.</param>
/// <param name="ReceivedBytes">Bytes of the request's messages.</param>
/// <param name="SentBytes">Bytes of the answer's messages.</param>
/// <param name="Duration">From its first byte here to its last.</param>
/// <param name="TraceParent">W3C <c>traceparent</c> of its span here, else of its caller's; null: none. As the caller wrote it: it may hold anything.</param>
public readonly record struct AccessLogEntry(
    DateTimeOffset End,
    IPAddress? PeerAddress,
    int PeerPort,
    string Path,
    GrpcStatusCode Status,
    CallOutcome Outcome,
    string? Reason,
    long ReceivedBytes,
    long SentBytes,
    TimeSpan Duration,
    string? TraceParent);
