using System.ComponentModel;
using System.Diagnostics;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Servers;

namespace EdgeMesh.Node.Up;

/// <summary>A node that runs as a child process of <c>up</c>.</summary>
/// <remarks>
/// Its standard input is a pipe whose other end only this process holds. Closing it stops the child; when this process
/// is killed, the kernel closes it, and the child stops as well: no child outlives <c>up</c>. Thread-safe.
/// </remarks>
internal sealed class ChildNode : IAsyncDisposable
{
    /// <summary>Begins the line in which a node explains its failure; the parent's own line begins so already.</summary>
    private const string OwnPrefix = "edgemesh: ";

    /// <summary>Beyond what a node takes for its own orderly stop and its margin.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(12);

    private readonly Process _process;
    private readonly Action<string, string> _onLine;
    private readonly TaskCompletionSource<ChildAddresses> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Uri? _admin;
    private volatile string _complaint = "it ended without a word";
    private volatile bool _isStopping;

    private ChildNode(string name, IReadOnlyList<string> arguments, Process process, Action<string, string> onLine)
    {
        Name = name;
        Arguments = arguments;
        _process = process;
        _onLine = onLine;
        Ended = WatchAsync();
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>The command line that starts it, without the program.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>The process's number.</summary>
    public int Pid => _process.Id;

    /// <summary>Where the node is reached, once it takes calls. Fails with <see cref="CliException"/> when it ends before.</summary>
    public Task<ChildAddresses> Ready => _ready.Task;

    /// <summary>The exit code, once the process has ended and its last line was read: 128 and the signal when a signal ended it. Never fails.</summary>
    public Task<int> Ended { get; }

    /// <summary>True once this process has asked the child to stop.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Starts a child.</summary>
    /// <param name="program">This program.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="arguments">Its command and options.</param>
    /// <param name="onLine">Called with the name and each line of the child, from any thread.</param>
    /// <exception cref="CliException">The process could not be started.</exception>
    public static ChildNode Start(SelfProgram program, string name, IReadOnlyList<string> arguments, Action<string, string> onLine)
    {
        var process = new Process { StartInfo = program.Describe(arguments) };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            process.Dispose();
            throw new CliException($"{name} cannot be started: {exception.Message}", inner: exception);
        }

        return new(name, arguments, process, onLine);
    }

    /// <summary>Asks the child to stop, and kills it when it does not.</summary>
    /// <param name="time">Measures the patience.</param>
    public async Task StopAsync(TimeProvider time)
    {
        _isStopping = true;
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The child closed its end first.
        }

        try
        {
            await Ended.WaitAsync(StopPatience, time);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }
    }

    /// <summary>Releases the process's handle; a child that still runs stops by itself, for its standard input ends.</summary>
    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<int> WatchAsync()
    {
        await Task.WhenAll(
            ReadAsync(_process.StandardOutput, OnOutput),
            ReadAsync(_process.StandardError, OnError),
            _process.WaitForExitAsync());
        _ready.TrySetException(new CliException($"{Name} did not start: {_complaint}"));

        // Nobody may be waiting for it any more.
        _ = _ready.Task.Exception;
        return _process.ExitCode;
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            onLine(line);
        }
    }

    private void OnOutput(string line)
    {
        if (AdminLine.TryRead(line, out var admin))
        {
            _admin = admin.Address;
        }
        else if (_admin is not null && ReadyLine.TryRead(line, out var ready))
        {
            _ready.TrySetResult(new(ready.Address, _admin));
        }
        else
        {
            OnError(line);
        }
    }

    private void OnError(string line)
    {
        if (line.StartsWith(OwnPrefix, StringComparison.Ordinal))
        {
            _complaint = line[OwnPrefix.Length..];
        }

        _onLine(Name, line);
    }
}

/// <summary>Where a child is reached.</summary>
/// <param name="Data">By callers.</param>
/// <param name="Admin">By who administers it.</param>
internal sealed record ChildAddresses(Uri Data, Uri Admin);
