using Grpc.Core;

namespace EdgeMesh.GrpcStack.Client;

/// <summary>What the standard call objects ask of a call, whatever its messages are.</summary>
internal interface IClientCall : IDisposable
{
    /// <summary>The response's headers, once they are there.</summary>
    /// <exception cref="RpcException">The call ended without.</exception>
    Task<Metadata> GetResponseHeadersAsync();

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    Status GetStatus();

    /// <summary>The server's trailers; empty when it sent none.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    Metadata GetTrailers();
}
