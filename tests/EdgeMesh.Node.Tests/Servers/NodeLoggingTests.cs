using EdgeMesh.Node.Servers;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Tests.Servers;

public sealed class NodeLoggingTests
{
    [Fact]
    public void Level_Changes_EveryLoggerFollows()
    {
        var logging = new NodeLogging(LogLevel.Information);
        using var first = LoggerFactory.Create(logging.Configure);
        using var second = LoggerFactory.Create(logging.Configure);
        ILogger[] loggers = [first.CreateLogger("EdgeMesh.Relay"), second.CreateLogger("EdgeMesh.Storage")];
        Assert.All(loggers, logger => Assert.Equal((false, true), (logger.IsEnabled(LogLevel.Debug), logger.IsEnabled(LogLevel.Information))));

        // More than once: each change must be heard.
        foreach (var level in (LogLevel[])[LogLevel.Debug, LogLevel.Error, LogLevel.Trace, LogLevel.None])
        {
            logging.Level = level;

            Assert.All(loggers, logger => Assert.All(Enum.GetValues<LogLevel>().Where(each => each != LogLevel.None), each => Assert.Equal(each >= level, logger.IsEnabled(each))));
        }
    }

    [Theory]
    [InlineData(LogLevel.Debug, LogLevel.Warning)]
    [InlineData(LogLevel.Error, LogLevel.Error)]
    public void Level_OfTheWebServer_IsWarningAtLeast(LogLevel level, LogLevel expected)
    {
        var logging = new NodeLogging(LogLevel.Information);
        using var factory = LoggerFactory.Create(logging.Configure);
        var logger = factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");

        logging.Level = level;

        Assert.Equal(expected, Enum.GetValues<LogLevel>().First(logger.IsEnabled));
    }
}
