namespace Grpc.Core;

/// <summary>Which directions of a call are streams.</summary>
public enum MethodType
{
    /// <summary>One request, one answer.</summary>
    Unary,

    /// <summary>Many requests, one answer.</summary>
    ClientStreaming,

    /// <summary>One request, many answers.</summary>
    ServerStreaming,

    /// <summary>Many requests, many answers.</summary>
    DuplexStreaming,
}

/// <summary>A method of a service.</summary>
public interface IMethod
{
    /// <summary>Which directions are streams.</summary>
    MethodType Type { get; }

    /// <summary>The service's full name, like <c>shop.v1.Catalog</c>.</summary>
    string ServiceName { get; }

    /// <summary>The method's name.</summary>
    string Name { get; }

    /// <summary>The path on the wire: <c>/service/method</c>.</summary>
    string FullName { get; }
}

/// <summary>A method with its marshallers. Immutable.</summary>
public class Method<TRequest, TResponse> : IMethod
{
    /// <summary>A method of a service.</summary>
    public Method(MethodType type, string serviceName, string name, Marshaller<TRequest> requestMarshaller, Marshaller<TResponse> responseMarshaller)
    {
        ArgumentNullException.ThrowIfNull(serviceName);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(requestMarshaller);
        ArgumentNullException.ThrowIfNull(responseMarshaller);
        Type = type;
        ServiceName = serviceName;
        Name = name;
        RequestMarshaller = requestMarshaller;
        ResponseMarshaller = responseMarshaller;
        FullName = $"/{serviceName}/{name}";
    }

    /// <inheritdoc/>
    public MethodType Type { get; }

    /// <inheritdoc/>
    public string ServiceName { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>For requests.</summary>
    public Marshaller<TRequest> RequestMarshaller { get; }

    /// <summary>For answers.</summary>
    public Marshaller<TResponse> ResponseMarshaller { get; }

    /// <inheritdoc/>
    public string FullName { get; }
}
