namespace EdgeMesh.Workloads.Processes;

/// <summary>Numbers lines in the order of their coming. Thread-safe.</summary>
internal sealed class LineNumbers
{
    private long _last;

    public long Next() => Interlocked.Increment(ref _last);
}

/// <summary>The newest lines of one replica, of this life and those before: 1,000 lines and 256 Ki characters at most.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LogRing(string replica, LineNumbers numbers, TimeProvider time)
{
    /// <summary>Longest line; the rest of it is lost.</summary>
    public const int MaxLineChars = 4096;

    private const int MaxLines = 1000;
    private const int MaxChars = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<LogLine> _lines = [];
    private int _chars;
    private long _dropped;

    /// <summary>Whose they are.</summary>
    public string Replica => replica;

    /// <summary>Lines that newer ones have put out.</summary>
    public long Dropped
    {
        get
        {
            lock (_lock)
            {
                return _dropped;
            }
        }
    }

    public void Add(bool isError, string text)
    {
        lock (_lock)
        {
            _lines.Enqueue(new LogLine(numbers.Next(), time.GetUtcNow(), replica, isError, text));
            _chars += text.Length;
            while (_lines.Count > MaxLines || _chars > MaxChars)
            {
                _chars -= _lines.Dequeue().Text.Length;
                _dropped++;
            }
        }
    }

    /// <summary>Lines with a higher number, the oldest first.</summary>
    public IReadOnlyList<LogLine> Read(long after)
    {
        lock (_lock)
        {
            return [.. _lines.Where(line => line.Number > after)];
        }
    }
}
