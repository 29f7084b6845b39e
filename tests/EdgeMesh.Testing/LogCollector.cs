using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Testing;

/// <summary>One line that was logged.</summary>
/// <param name="Category">The logger's category.</param>
/// <param name="Level">How grave.</param>
/// <param name="EventId">Which event.</param>
/// <param name="Message">The line as formatted.</param>
/// <param name="Exception">What was thrown, if anything.</param>
public sealed record LogLine(string Category, LogLevel Level, EventId EventId, string Message, Exception? Exception)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Level} {Category}[{EventId.Id}] {Message}{(Exception is null ? "" : $"\n{Exception}")}";
}

/// <summary>Keeps what the code under test logs, and fails a test on an Error that it did not foresee.</summary>
/// <remarks>Thread-safe. Keeps Debug and above.</remarks>
public sealed class LogCollector : ILoggerProvider, ILoggerFactory
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly Lock _gate = new();
    private readonly List<(Func<LogLine, bool> Matches, TaskCompletionSource<LogLine> Found)> _waiters = [];

    /// <summary>All lines so far, in order.</summary>
    public IReadOnlyList<LogLine> Lines => [.. _lines];

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Collecting(this, categoryName);

    /// <summary>A logger for a type under test.</summary>
    public ILogger<T> CreateLogger<T>() => new Logger<T>(this);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: this factory collects and does nothing else.</exception>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("A LogCollector takes no other providers.");

    /// <summary>Fails unless every line of level Error or above matches one of <paramref name="expected"/>.</summary>
    /// <exception cref="InvalidOperationException">It lists the lines that do not.</exception>
    public void AssertNoUnexpectedErrors(params Func<LogLine, bool>[] expected)
    {
        var unexpected = _lines.Where(l => l.Level >= LogLevel.Error && !expected.Any(e => e(l))).ToList();
        if (unexpected.Count > 0)
        {
            throw new InvalidOperationException($"Unexpected errors in the log:\n{string.Join('\n', unexpected)}");
        }
    }

    /// <summary>Waits for a line that matches, earlier ones included.</summary>
    /// <exception cref="TimeoutException">None came within <see cref="TestDeadline.Default"/>.</exception>
    public Task<LogLine> WaitForAsync(Func<LogLine, bool> matches)
    {
        lock (_gate)
        {
            if (_lines.FirstOrDefault(matches) is { } line)
            {
                return Task.FromResult(line);
            }

            var found = new TaskCompletionSource<LogLine>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((matches, found));
            return found.Task.WaitAsync(TestDeadline.Default);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Add(LogLine line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            foreach (var (_, found) in _waiters.Where(w => w.Matches(line)))
            {
                found.TrySetResult(line);
            }

            _waiters.RemoveAll(w => w.Found.Task.IsCompleted);
        }
    }

    private sealed class Collecting(LogCollector owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                owner.Add(new LogLine(category, logLevel, eventId, formatter(state, exception), exception));
            }
        }
    }
}
