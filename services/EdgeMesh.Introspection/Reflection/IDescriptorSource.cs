using Grpc.Reflection.V1;

namespace EdgeMesh.Introspection;

/// <summary>Whoever has descriptors: this program, a file, or an origin that is asked.</summary>
internal interface IDescriptorSource
{
    /// <summary>What it is called in errors.</summary>
    string Name { get; }

    /// <summary>What its services begin with; empty: whatever is nobody else's; null: this node's own, which no prefix describes.</summary>
    string? ServicePrefix { get; }

    /// <summary>What is known without asking.</summary>
    DescriptorModel Known { get; }

    /// <summary>What is known, after asking where that is too long ago.</summary>
    /// <exception cref="Grpc.Core.RpcException">It cannot be asked.</exception>
    ValueTask<DescriptorModel> GetAsync(CancellationToken cancellation);

    /// <summary>Asks for a file that is not in the model, by name, symbol or extension.</summary>
    /// <returns>Null when it has none.</returns>
    /// <exception cref="Grpc.Core.RpcException">It cannot be asked.</exception>
    ValueTask<DescriptorMatch?> AskAsync(ServerReflectionRequest question, CancellationToken cancellation);

    /// <summary>Asks for the numbers of a type's extensions that are not in the model.</summary>
    /// <exception cref="Grpc.Core.RpcException">It cannot be asked.</exception>
    ValueTask<IReadOnlyList<int>> AskExtensionNumbersAsync(string type, CancellationToken cancellation);
}

/// <summary>Descriptors that do not change: this node's own, or a descriptor set's.</summary>
internal sealed class FixedDescriptors(string name, string? servicePrefix, DescriptorModel model) : IDescriptorSource
{
    public string Name => name;

    public string? ServicePrefix => servicePrefix;

    public DescriptorModel Known => model;

    public ValueTask<DescriptorModel> GetAsync(CancellationToken cancellation) => ValueTask.FromResult(model);

    public ValueTask<DescriptorMatch?> AskAsync(ServerReflectionRequest question, CancellationToken cancellation) => default;

    public ValueTask<IReadOnlyList<int>> AskExtensionNumbersAsync(string type, CancellationToken cancellation) => ValueTask.FromResult<IReadOnlyList<int>>([]);
}
