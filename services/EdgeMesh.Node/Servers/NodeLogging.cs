using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace EdgeMesh.Node.Servers;

/// <summary>The log of a node: one line per event on standard error, with the time in UTC.</summary>
internal static class NodeLogging
{
    /// <summary>ISO 8601 to the millisecond, so that lines of several nodes sort.</summary>
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <summary>Configures a node's logging.</summary>
    /// <param name="level">The least level that is written.</param>
    public static Action<ILoggingBuilder> At(LogLevel level) => logging =>
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(level);

        // The host repeats what the node says; of a failed start it logs the stack trace that the one line spares the user.
        logging.AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = TimestampFormat;
            console.UseUtcTimestamp = true;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    };
}
