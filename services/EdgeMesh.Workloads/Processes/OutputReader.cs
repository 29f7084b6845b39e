using System.Text;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Reads what a process writes to one of its outputs into its ring, line by line, no faster than <see cref="BytesPerSecond"/>.</summary>
/// <param name="output">The process's end of the pipe is its.</param>
/// <param name="isError">Whether it is standard error.</param>
/// <param name="log">Gets the lines.</param>
/// <param name="heldBack">Called once, when the process writes faster than that.</param>
/// <param name="time">The clock of the rate.</param>
/// <remarks>A process that floods its log waits for its own pipe, and not everyone else for a processor. Ends when the last process that has the pipe has closed it.</remarks>
internal sealed class OutputReader(Stream output, bool isError, LogRing log, Action heldBack, TimeProvider time)
{
    /// <summary>More than anyone reads; some hundredth of what a processor could.</summary>
    public const int BytesPerSecond = 512 * 1024;

    private const int BufferBytes = 16 * 1024;

    private readonly StringBuilder _line = new();
    private bool _wasReturn;
    private bool _wasHeldBack;

    /// <summary>Reads to the end, or until it is let go. Never fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[BufferBytes];
        var chars = new char[Encoding.UTF8.GetMaxCharCount(BufferBytes)];
        var (start, sum) = (time.GetTimestamp(), 0);
        try
        {
            int count;
            while ((count = await output.ReadAsync(bytes, cancellationToken).ConfigureAwait(false)) > 0)
            {
                Take(chars.AsSpan(0, decoder.GetChars(bytes.AsSpan(0, count), chars, flush: false)));
                sum += count;
                if (sum >= BytesPerSecond)
                {
                    if (TimeSpan.FromSeconds(1) - time.GetElapsedTime(start) is { Ticks: > 0 } rest)
                    {
                        if (!_wasHeldBack)
                        {
                            _wasHeldBack = true;
                            heldBack();
                        }

                        await Task.Delay(rest, time, cancellationToken).ConfigureAwait(false);
                    }

                    (start, sum) = (time.GetTimestamp(), 0);
                }
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The process has gone, and its pipe with it.
        }

        if (_line.Length > 0)
        {
            EndLine();
        }
    }

    private void Take(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            switch (c)
            {
                case '\n' when _wasReturn:
                    break;
                case '\n' or '\r':
                    EndLine();
                    break;
                default:
                    if (_line.Length < LogRing.MaxLineChars)
                    {
                        // Control characters could drive the terminal of whoever reads the log.
                        _line.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : c);
                    }

                    break;
            }

            _wasReturn = c == '\r';
        }
    }

    private void EndLine()
    {
        log.Add(isError, _line.ToString());
        _line.Clear();
    }
}
