using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What <c>AddGrpc</c> answers, for further configuration.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The services being configured.</summary>
    IServiceCollection Services { get; }
}
