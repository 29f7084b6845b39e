using EdgeMesh.Demo.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Greeting;

/// <summary>Serves <c>demo.v1.GreeterService</c>.</summary>
internal sealed class GreeterGrpcService : GreeterService.GreeterServiceBase
{
    private const int MaxNameChars = 100;

    /// <inheritdoc/>
    public override Task<GreetResponse> Greet(GreetRequest request, ServerCallContext context)
    {
        if (request.Name.Length > MaxNameChars)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"name must have up to {MaxNameChars} characters, got {request.Name.Length}"));
        }

        return Task.FromResult(new GreetResponse { Text = $"Hello, {(request.Name.Length == 0 ? "world" : request.Name)}!", ProcessId = Environment.ProcessId });
    }
}
