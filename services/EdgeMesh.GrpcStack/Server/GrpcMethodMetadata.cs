using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On the endpoint of a mapped method: which method of which service it serves.</summary>
public sealed class GrpcMethodMetadata
{
    /// <summary>Metadata for a method.</summary>
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The implementing class.</summary>
    public Type ServiceType { get; }

    /// <summary>The method.</summary>
    public IMethod Method { get; }
}
