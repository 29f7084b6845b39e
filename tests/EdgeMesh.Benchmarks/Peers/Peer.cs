using EdgeMesh.Benchmarks.Load;
using EdgeMesh.Testing;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>What a peer does for each call: only peers of one kind are compared.</summary>
internal enum PeerKind
{
    /// <summary>It has the answer.</summary>
    Answers,

    /// <summary>It asks a server behind it.</summary>
    Relays,
}

/// <summary>A server to be measured: processes that take the load, and perhaps others behind them.</summary>
/// <remarks>A new peer is one more small class: say what it is and what it needs, start it, say where the load goes.</remarks>
internal abstract class Peer : IAsyncDisposable
{
    private readonly List<ChildProcess> _processes = [];
    private readonly List<int> _serving = [];
    private readonly List<int> _behind = [];
    private TempDirectory? _files;

    /// <summary>Short name for tables and <c>--peer</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is and what it does for each call, in a line.</summary>
    public abstract string Description { get; }

    /// <summary>What it is compared with.</summary>
    public virtual PeerKind Kind => PeerKind.Answers;

    /// <summary>A program that must be installed, and the Debian package that has it; null: none.</summary>
    public virtual (string Program, string Package)? Needs => null;

    /// <summary>Processes that are measured.</summary>
    public IReadOnlyList<int> Serving => _serving;

    /// <summary>Processes behind them.</summary>
    public IReadOnlyList<int> Behind => _behind;

    /// <summary>Files of this peer; they go with it.</summary>
    protected TempDirectory Files => _files ??= new TempDirectory();

    /// <summary>Starts all of it.</summary>
    /// <param name="sizes">Bytes of content of the answers that it must be able to give.</param>
    /// <exception cref="BenchmarkException">It does not start, or does not answer as it should.</exception>
    public abstract Task StartAsync(IReadOnlyList<int> sizes);

    /// <summary>Where the load for one size goes.</summary>
    public abstract LoadTarget Target(int sizeBytes);

    /// <summary>The same for ghz, which needs a described method; null: this peer has none.</summary>
    public virtual GhzTarget? GhzTarget(int sizeBytes) => null;

    /// <summary>Ends all its processes and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync();
        }

        _files?.Dispose();
    }

    /// <summary>Starts one of its processes, which ends with it.</summary>
    protected ChildProcess Start(bool isServing, string fileName, params string[] arguments)
    {
        var process = ChildProcess.Start(fileName, arguments);
        Own(process, isServing);
        return process;
    }

    /// <summary>Starts a .NET program that lies beside this one.</summary>
    protected ChildProcess StartBeside(bool isServing, string assembly, params string[] arguments) =>
        Start(isServing, DotNetHost.Path, [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);

    /// <summary>Makes a process that was started elsewhere this peer's, which it ends with.</summary>
    protected void Own(ChildProcess process, bool isServing)
    {
        _processes.Add(process);
        (isServing ? _serving : _behind).Add(process.Id);
    }
}

/// <summary>Where load goes.</summary>
/// <param name="Url">The whole URL.</param>
/// <param name="Request">The body of a POST with gRPC's headers: one message with its frame; null: a GET.</param>
internal sealed record LoadTarget(Uri Url, byte[]? Request);

/// <summary>Why a measurement cannot be made, for a person to read.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
