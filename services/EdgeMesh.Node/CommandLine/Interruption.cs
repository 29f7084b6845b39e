using System.Runtime.InteropServices;

namespace EdgeMesh.Node.CommandLine;

/// <summary>Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed) as a cancellation.</summary>
/// <remarks>The first signal asks for an orderly end; a second one, SIGHUP excepted, ends the process at once, as it would without us. Thread-safe.</remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private volatile bool _ignoresTerminal;

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
}
