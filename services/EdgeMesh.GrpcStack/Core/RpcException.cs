namespace Grpc.Core;

/// <summary>A call that ended with another status than <see cref="StatusCode.OK"/>. A handler throws it to end its call so.</summary>
public class RpcException : Exception
{
    /// <summary>An exception without trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty)
    {
    }

    /// <summary>An exception without trailers, whose <see cref="Exception.Message"/> is given.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>An exception with trailers.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>An exception with trailers, whose <see cref="Exception.Message"/> is given.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Trailers that came, or shall go, with the status.</summary>
    public Metadata Trailers { get; }
}
