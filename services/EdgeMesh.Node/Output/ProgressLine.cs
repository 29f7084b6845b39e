using System.Globalization;
using EdgeMesh.Node.Values;
using Spectre.Console.Rendering;

namespace EdgeMesh.Node.Output;

/// <summary>A progress bar for a long transfer, on standard error and on a terminal only.</summary>
/// <param name="terminal">Where it is drawn.</param>
/// <param name="time">Limits how often, and tells the speed.</param>
/// <remarks>Not thread-safe: a transfer reports from one flow.</remarks>
internal sealed class ProgressLine(Terminal terminal, TimeProvider time) : IProgress<long>, IDisposable
{
    /// <summary>Below this a bar would only flicker.</summary>
    private const long LeastBytes = 8 * 1024 * 1024;

    private const int BarWidth = 30;

    /// <summary>Clears what a longer line before left (ECMA-48, EL).</summary>
    private const string EraseRest = "\u001b[K";

    /// <summary>Fast enough to look alive, slow enough to cost nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private string _title = "";
    private long _totalBytes;
    private long _started;
    private long _drawn;
    private bool _isShown;

    /// <summary>Names the transfer and its length; before this, and for short ones, nothing is drawn.</summary>
    public void Begin(string title, long totalBytes)
    {
        _title = title;
        _totalBytes = totalBytes;
        _started = _drawn = time.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Report(long value)
    {
        if (terminal.ErrorIsTerminal && _totalBytes >= LeastBytes && (value == _totalBytes || time.GetElapsedTime(_drawn) >= Interval))
        {
            _drawn = time.GetTimestamp();
            _isShown = value < _totalBytes;

            // One column stays free: a full line moves the cursor to the next, and the carriage return comes too late.
            var line = Draw(_title, value, _totalBytes, time.GetElapsedTime(_started), terminal.ErrorConsole.Profile.Width - 1);
            terminal.Error.Write($"\r{line}{EraseRest}{(_isShown ? "" : Environment.NewLine)}");
        }
    }

    /// <summary>Leaves the line of a transfer that did not come to its end.</summary>
    public void Dispose()
    {
        if (_isShown)
        {
            terminal.Error.WriteLine();
        }
    }

    /// <summary>The line: title, bar, per cent, bytes done, speed; where that is wider than the terminal, first the title is cut, then the end.</summary>
    internal static string Draw(string title, long doneBytes, long totalBytes, TimeSpan elapsed, int width)
    {
        var share = Math.Clamp(doneBytes / (double)totalBytes, 0, 1);
        var full = (int)(share * BarWidth);
        var speed = elapsed > TimeSpan.Zero ? $" {ByteSize.Show((ulong)(doneBytes / elapsed.TotalSeconds))}/s" : "";
        var numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('#', full)}{new string('.', BarWidth - full)}] {share * 100,3:0} % {ByteSize.Show((ulong)doneBytes)} of {ByteSize.Show((ulong)totalBytes)}{speed}");
        var line = $"{Cut(title, width - numbers.Length - 1)} {numbers}";
        return Cut(line.TrimStart(), width);
    }

    private static string Cut(string text, int width) => width > 0 ? Segment.Truncate(new Segment(text), width)?.Text ?? "" : "";
}
