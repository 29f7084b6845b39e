namespace EdgeMesh.Client.DependencyInjection;

/// <summary>Passes calls on to a handler that outlives it.</summary>
/// <remarks>The factory drops a client's handler after some minutes, for new names of old hosts; a mesh's has learned what that would forget. Thread-safe.</remarks>
internal sealed class SharedHandler(EdgeMeshHandler shared) : HttpMessageHandler
{
    private readonly HttpMessageInvoker _shared = new(shared, disposeHandler: false);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _shared.SendAsync(request, cancellationToken);
}
