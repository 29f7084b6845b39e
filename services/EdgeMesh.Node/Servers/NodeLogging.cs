using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Node.Servers;

/// <summary>The log of a node: one line per event on standard error, with the time in UTC.</summary>
/// <remarks>Thread-safe. Every logger of the node follows <see cref="Level"/>: whether it writes is worked out when the level changes, not at each event.</remarks>
/// <param name="level">The least level that is written.</param>
/// <param name="format">How.</param>
internal sealed class NodeLogging(LogLevel level, LogFormat format = LogFormat.Text) : IOptionsChangeTokenSource<LoggerFilterOptions>
{
    /// <summary>ISO 8601 to the millisecond, so that lines of several nodes sort.</summary>
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    private volatile CancellationTokenSource _change = new();
    private volatile LogLevel _level = level;

    /// <summary>The least level that is written.</summary>
    public LogLevel Level
    {
        get => _level;
        set
        {
            _level = value;
            Interlocked.Exchange(ref _change, new()).Cancel();
        }
    }

    /// <inheritdoc/>
    string? IOptionsChangeTokenSource<LoggerFilterOptions>.Name => Options.DefaultName;

    /// <inheritdoc/>
    IChangeToken IOptionsChangeTokenSource<LoggerFilterOptions>.GetChangeToken() => new CancellationChangeToken(_change.Token);

    /// <summary>Configures a logger factory.</summary>
    public void Configure(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(this);
        logging.Services.Configure<LoggerFilterOptions>(filter =>
        {
            filter.MinLevel = Level;

            // The host repeats what the node says; of a failed start it logs the stack trace that the one line spares the user.
            filter.AddFilter("Microsoft", Level > LogLevel.Warning ? Level : LogLevel.Warning);
            filter.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        });
        if (format == LogFormat.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = TimestampFormat.TrimEnd();
                console.UseUtcTimestamp = true;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = TimestampFormat;
                console.UseUtcTimestamp = true;
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
