using System.Globalization;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.CacheSimulation;

/// <summary>One line on standard error, on a terminal only, that says how far a simulation is.</summary>
/// <remarks>Thread-safe: simulations run side by side.</remarks>
internal sealed class SimulationProgress(Terminal terminal, TimeProvider time) : IProgress<int>, IDisposable
{
    /// <summary>Clears what a longer line before left (ECMA-48, EL).</summary>
    private const string EraseRest = "\u001b[K";

    /// <summary>Fast enough to look alive, slow enough to cost nothing; what ends sooner shows nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private long _drawn = time.GetTimestamp();
    private bool _isShown;

    /// <summary>Requests of the trace read so far.</summary>
    public void Report(int value) => Draw($"reading: {value.ToString("N0", CultureInfo.InvariantCulture)} requests");

    /// <summary>Simulations done so far.</summary>
    public void Report(int done, int all) => Draw($"simulating: {done} of {all}");

    /// <summary>Takes the line away: the answer follows.</summary>
    public void Dispose()
    {
        if (_isShown)
        {
            terminal.Error.Write($"\r{EraseRest}");
        }
    }

    private void Draw(string text)
    {
        lock (_gate)
        {
            if (terminal.ErrorIsTerminal && time.GetElapsedTime(_drawn) >= Interval)
            {
                _drawn = time.GetTimestamp();
                _isShown = true;
                terminal.Error.Write($"\r{text}{EraseRest}");
            }
        }
    }
}
