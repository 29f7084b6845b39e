using EdgeMesh.V1;

namespace EdgeMesh.Admin.Configuration;

/// <summary>The configuration of a node, as its administrators reach it, over HTTP and gRPC alike: who runs the process owns it.</summary>
/// <remarks>Thread-safe as far as its delegates are.</remarks>
/// <param name="read">The options in force, secrets hidden.</param>
/// <param name="reload">Reads them again and follows what can be followed; the token ends the wait for its turn.</param>
public sealed class NodeConfiguration(Func<GetConfigResponse> read, Func<CancellationToken, Task<ReloadResponse>> reload)
{
    /// <summary>Of a node that a program started by itself: no options, and a reload changes nothing.</summary>
    public static NodeConfiguration Fixed { get; } = new(static () => new GetConfigResponse(), static _ => Task.FromResult(new ReloadResponse()));

    /// <summary>The options in force, secrets hidden.</summary>
    public GetConfigResponse Read() => read();

    /// <summary>Reads them again and follows what can be followed.</summary>
    public Task<ReloadResponse> ReloadAsync(CancellationToken cancellationToken) => reload(cancellationToken);
}
