using System.Runtime.InteropServices;

namespace EdgeMesh.Node.CommandLine;

/// <summary>Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed) as a cancellation.</summary>
/// <remarks>The first signal asks for an orderly end; a second one, SIGHUP excepted, ends the process at once, as it would without us. A server takes SIGHUP for a reload instead. Thread-safe.</remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile bool _ignoresTerminal;
    private volatile Func<Task>? _hangup;

    /// <summary>Signalled by the first SIGINT, SIGTERM or SIGHUP, or by <see cref="Request"/>.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Listens for signals of this process.</summary>
    public static Interruption OfProcess()
    {
        var interruption = new Interruption();
        interruption._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, interruption.OnSignal));
        interruption._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, interruption.OnSignal));
        interruption._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, interruption.OnSignal));
        return interruption;
    }

    /// <summary>Asks for an orderly end.</summary>
    public void Request() => _source.Cancel();

    /// <summary>Ignores Ctrl-C and SIGHUP from now on. A terminal sends them to the whole process group: a child whose parent stops it in its own order must not run ahead.</summary>
    public void LeaveTerminalToParent() => _ignoresTerminal = true;

    /// <summary>Gives SIGHUP another meaning than the end, until the answer is disposed of: for servers, to reload. The end of a terminal is none for them.</summary>
    /// <param name="reload">Called at each SIGHUP, off the signal's thread. Must not throw.</param>
    public IDisposable HandleHangup(Func<Task> reload)
    {
        _hangup = reload;
        return new Handling(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_ignoresTerminal && context.Signal is (PosixSignal.SIGINT or PosixSignal.SIGHUP))
        {
            context.Cancel = true;
        }
        else if (context.Signal == PosixSignal.SIGHUP && _hangup is { } reload)
        {
            context.Cancel = true;
            _ = Task.Run(reload);
        }
        else if (context.Signal == PosixSignal.SIGHUP && _source.IsCancellationRequested)
        {
            // Both the shell and the kernel send it when a terminal is closed: that is one request.
            context.Cancel = true;
        }
        else if (!_source.IsCancellationRequested)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }

    private sealed class Handling(Interruption interruption) : IDisposable
    {
        public void Dispose() => interruption._hangup = null;
    }
}
