using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EdgeMesh.Testing;

/// <summary>Signals that tests send, by their numbers on Linux and macOS.</summary>
public enum UnixSignal
{
    /// <summary>SIGHUP, what a terminal sends when it is closed.</summary>
    HangUp = 1,

    /// <summary>SIGINT, what Ctrl-C sends.</summary>
    Interrupt = 2,

    /// <summary>SIGKILL, which no process can handle.</summary>
    Kill = 9,

    /// <summary>SIGTERM, a polite request to end.</summary>
    Terminate = 15,

    /// <summary>SIGCONT on Linux: a stopped process goes on.</summary>
    Continue = 18,

    /// <summary>SIGSTOP on Linux: the process is as if it hung, until SIGCONT or SIGKILL.</summary>
    Stop = 19,
}

/// <summary>A program that a test starts, whose lines it reads, and that never outlives it.</summary>
/// <remarks>
/// Thread-safe. Disposing kills the process with all its descendants; when the test host itself is killed, a
/// <see cref="ProcessReaper"/> does so. Standard input is a pipe: <see cref="CloseInput"/> ends it.
/// </remarks>
public sealed class ChildProcess : IAsyncDisposable, IDisposable
{
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly List<string> _transcript = [];
    private readonly List<(Func<string, bool> Matches, TaskCompletionSource<string> Found)> _waiters = [];
    private bool _isEnded;
    private int _disposals;

    private ChildProcess(Process process, string name)
    {
        _process = process;
        Name = name;
    }

    /// <summary>The program's file name, for messages.</summary>
    public string Name { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Lines on standard output so far.</summary>
    public IReadOnlyList<string> Output => Snapshot(_output);

    /// <summary>Lines on standard error so far.</summary>
    public IReadOnlyList<string> Errors => Snapshot(_errors);

    /// <summary>All lines of both, in the order in which they were read.</summary>
    public IReadOnlyList<string> Transcript => Snapshot(_transcript);

    /// <summary>Starts a program.</summary>
    /// <param name="fileName">Its path, or a name to be found on the PATH.</param>
    /// <param name="arguments">Its arguments, each passed as it is.</param>
    /// <param name="environment">Variables to set, or with null to remove, over this process's own.</param>
    /// <param name="workingDirectory">Where it runs; null: where this process does.</param>
    public static ChildProcess Start(
        string fileName,
        IEnumerable<string> arguments,
        IEnumerable<KeyValuePair<string, string?>>? environment = null,
        string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        var child = new ChildProcess(process, Path.GetFileName(fileName));
        process.OutputDataReceived += (_, e) => child.Add(child._output, e.Data);
        process.ErrorDataReceived += (_, e) => child.Add(child._errors, e.Data);
        process.Start();
        ProcessReaper.Shared.Add(process.Id);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _ = child.EndWaitersAsync();
        return child;
    }

    /// <summary>Waits for a line, on either stream, that matches; earlier lines count.</summary>
    /// <exception cref="TimeoutException">None came in time; the message holds the transcript.</exception>
    /// <exception cref="InvalidOperationException">The process ended without one; the message holds the transcript.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> matches, TimeSpan? timeout = null)
    {
        TaskCompletionSource<string> found;
        lock (_gate)
        {
            if (_transcript.Find(l => matches(l)) is { } line)
            {
                return line;
            }

            found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_isEnded)
            {
                throw EndedTooSoonLocked();
            }

            _waiters.Add((matches, found));
        }

        try
        {
            return await found.Task.WaitAsync(timeout ?? TestDeadline.Default);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No such line from {Name} (process {Id}) in time. Its lines:\n{string.Join('\n', Transcript)}");
        }
    }

    /// <summary>Waits for a line that contains a text: see <see cref="WaitForLineAsync(Func{string, bool}, TimeSpan?)"/>.</summary>
    public Task<string> WaitForLineAsync(string part, TimeSpan? timeout = null) =>
        WaitForLineAsync(line => line.Contains(part, StringComparison.Ordinal), timeout);

    /// <summary>Waits for the end of the process and of its output.</summary>
    /// <returns>The exit code; on Linux 128 + the signal's number when a signal ended it.</returns>
    /// <exception cref="TimeoutException">It did not end in time; the message holds the transcript.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? TestDeadline.Default);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Name} (process {Id}) did not end in time. Its lines:\n{string.Join('\n', Transcript)}");
        }

        return _process.ExitCode;
    }

    /// <summary>Writes a line to its standard input.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Sends a signal to this process alone. Nothing happens when it has ended.</summary>
    /// <exception cref="PlatformNotSupportedException">On Windows, for anything but <see cref="UnixSignal.Kill"/>.</exception>
    public void Signal(UnixSignal signal)
    {
        if (OperatingSystem.IsWindows())
        {
            if (signal != UnixSignal.Kill)
            {
                throw new PlatformNotSupportedException($"Windows has no {signal} signal.");
            }

            _process.Kill();
        }
        else if (!_process.HasExited)
        {
            _ = SendSignal(_process.Id, (int)signal);
        }
    }

    /// <summary>Kills the process and all its descendants, and waits for its end.</summary>
    public void Dispose()
    {
        if (Interlocked.Increment(ref _disposals) != 1)
        {
            return;
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (AggregateException)
        {
            // A descendant ended while the tree was walked.
        }

        _process.WaitForExit(TestDeadline.Default);
        ProcessReaper.Shared.Remove(Id);
        _process.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);

    private async Task EndWaitersAsync()
    {
        try
        {
            // Ends when the process has ended and both streams are read to their ends.
            await _process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // Disposed meanwhile.
        }

        lock (_gate)
        {
            _isEnded = true;
            foreach (var (_, found) in _waiters)
            {
                found.TrySetException(EndedTooSoonLocked());
            }

            _waiters.Clear();
        }
    }

    private InvalidOperationException EndedTooSoonLocked() =>
        new($"{Name} ended without the line waited for. Its lines:\n{string.Join('\n', _transcript)}");

    private void Add(List<string> stream, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            stream.Add(line);
            _transcript.Add(line);
            foreach (var (_, found) in _waiters.Where(w => w.Matches(line)))
            {
                found.TrySetResult(line);
            }

            _waiters.RemoveAll(w => w.Found.Task.IsCompleted);
        }
    }

    private List<string> Snapshot(List<string> lines)
    {
        lock (_gate)
        {
            return [.. lines];
        }
    }
}
