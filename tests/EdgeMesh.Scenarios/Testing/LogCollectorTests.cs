using EdgeMesh.Testing;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Scenarios.Testing;

public sealed class LogCollectorTests
{
    private readonly LogCollector _log = new();

    [Fact]
    public void AssertNoUnexpectedErrors_UnforeseenError_FailsNamingIt()
    {
        var logger = _log.CreateLogger("origin");
        logger.LogWarning("only a warning");
        _log.AssertNoUnexpectedErrors();

        logger.LogError(new EventId(7), "disk {Disk} is full", "A");

        var failure = Assert.Throws<InvalidOperationException>(() => _log.AssertNoUnexpectedErrors());
        Assert.Contains("Error origin[7] disk A is full", failure.Message, StringComparison.Ordinal);
        _log.AssertNoUnexpectedErrors(line => line.EventId.Id == 7);
    }

    [Fact]
    public async Task WaitForAsync_LineLoggedLater_IsFound()
    {
        var waiting = _log.WaitForAsync(line => line.Message == "joined");
        Assert.False(waiting.IsCompleted);

        _log.CreateLogger("edge").LogInformation("joined");

        Assert.Equal("edge", (await waiting).Category);
    }
}
