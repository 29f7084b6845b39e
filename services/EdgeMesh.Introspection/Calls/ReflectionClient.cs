using Grpc.Core;
using Grpc.Reflection.V1;

namespace EdgeMesh.Introspection;

/// <summary>Asks any server's reflection, v1 or v1alpha, what it serves: what a tool needs to call methods that it was not built with.</summary>
/// <param name="invoker">How the server is called.</param>
/// <param name="limits">How much of its descriptors is taken.</param>
public sealed class ReflectionClient(CallInvoker invoker, DescriptorLimits? limits = null)
{
    private readonly DescriptorLimits _limits = limits ?? DescriptorLimits.Default;

    /// <summary>Full names of all services, sorted.</summary>
    /// <exception cref="RpcException">The server cannot be asked; UNIMPLEMENTED: it has no reflection.</exception>
    public async Task<IReadOnlyList<string>> ListServicesAsync(CancellationToken cancellation = default)
    {
        using var connection = new ReflectionConnection(invoker, cancellation);
        var services = await connection.ListServicesAsync().ConfigureAwait(false);
        return [.. services.Order(StringComparer.Ordinal)];
    }

    /// <summary>The file that declares a symbol, and all that it imports.</summary>
    /// <param name="symbol">A full name: of a service, a message, a method (<c>shop.v1.Catalog.GetProduct</c>)...</param>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="RpcException">The server cannot be asked; it ended the stream.</exception>
    /// <exception cref="NotDescribedException">It does not know the symbol.</exception>
    /// <exception cref="DescriptorException">What it answers cannot be used.</exception>
    public async Task<DescriptorPool> FetchAsync(string symbol, CancellationToken cancellation = default)
    {
        using var connection = new ReflectionConnection(invoker, cancellation);
        var files = await connection.FetchAsync(new ServerReflectionRequest { FileContainingSymbol = symbol }, _ => null, _limits).ConfigureAwait(false);
        if (files.Count == 0)
        {
            throw new NotDescribedException(symbol);
        }

        var pool = new DescriptorPool(_limits);
        foreach (var file in files)
        {
            pool.Add(file);
        }

        return pool;
    }

    /// <summary>A method by its name, ready to be called with JSON.</summary>
    /// <param name="fullName"><c>shop.v1.Catalog/GetProduct</c>, with or without a leading slash.</param>
    /// <param name="options">How messages become JSON.</param>
    /// <param name="cancellation">Ends the asking.</param>
    /// <exception cref="RpcException">The server cannot be asked; NOT_FOUND: the service has no such method.</exception>
    /// <exception cref="NotDescribedException">It does not know the service.</exception>
    /// <exception cref="DescriptorException">What it answers cannot be used.</exception>
    /// <exception cref="ArgumentException">The name is not of that form.</exception>
    public async Task<DynamicMethod> GetMethodAsync(string fullName, ProtoJsonOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        var name = fullName.TrimStart('/');
        var split = name.LastIndexOfAny(['/', '.']);
        if (split <= 0 || split == name.Length - 1)
        {
            throw new ArgumentException($"method: expected SERVICE/METHOD, got \"{fullName}\"", nameof(fullName));
        }

        var (service, method) = (name[..split], name[(split + 1)..]);

        // Files that are imported for their options alone are often dropped by servers: the messages do not need them.
        var set = (await FetchAsync(service, cancellation).ConfigureAwait(false)).Link(allowMissingImports: true);
        if (set.FindService(service) is not { } found)
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"\"{service}\" is not a service"));
        }

        return found.FindMethodByName(method) is { } descriptor
            ? new DynamicMethod(descriptor, set, options)
            : throw new RpcException(new Status(StatusCode.NotFound, $"service {service} has no method \"{method}\"; it has {string.Join(", ", found.Methods.Select(one => one.Name))}"));
    }
}

/// <summary>A server has reflection, but its reflection does not know a symbol (NOT_FOUND): what it names may be served all the same.</summary>
/// <param name="symbol">The full name that was asked for.</param>
public sealed class NotDescribedException(string symbol) : RpcException(new Status(StatusCode.NotFound, $"the server's reflection does not know \"{symbol}\""))
{
    /// <summary>The full name that was asked for.</summary>
    public string Symbol => symbol;
}
