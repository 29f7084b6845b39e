using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks;

/// <summary>A server to be measured: one process that takes the load, and perhaps others behind it.</summary>
/// <remarks>A new peer is one more small class: say what it is, start it, say where the load goes and what an answer weighs.</remarks>
internal abstract class Peer : IAsyncDisposable
{
    private readonly List<ChildProcess> _processes = [];

    /// <summary>Short name for tables and <c>--peer</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is and what it does for each call, in a line.</summary>
    public abstract string Description { get; }

    /// <summary>Starts all of it and checks that it answers as it should.</summary>
    /// <exception cref="BenchmarkException">It does not.</exception>
    public abstract Task<LoadTarget> StartAsync();

    /// <summary>Ends all its processes.</summary>
    public virtual ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Starts one of its processes, which ends with it.</summary>
    protected ChildProcess Start(string fileName, params string[] arguments)
    {
        var process = ChildProcess.Start(fileName, arguments);
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts a .NET program that lies beside this one.</summary>
    protected ChildProcess StartBeside(string assembly, params string[] arguments) =>
        Start(DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);
}

/// <summary>Where load goes.</summary>
/// <param name="Url">The whole URL of the method called.</param>
/// <param name="Request">The request's body: one gRPC message with its frame.</param>
/// <param name="ProcessId">The process that is measured, to be pinned.</param>
internal sealed record LoadTarget(Uri Url, byte[] Request, int ProcessId);

/// <summary>Why a measurement cannot be made, for a person to read.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
