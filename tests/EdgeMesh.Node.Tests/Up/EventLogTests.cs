using System.Text;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Up;

namespace EdgeMesh.Node.Tests.Up;

public sealed class EventLogTests
{
    private readonly MemoryStream _output = new();

    [Fact]
    public void Write_BeforeRelease_IsHeldInOrder()
    {
        var log = Create();
        log.Write("LHR50-1", "one");
        log.Write("eu-west-2", "two [not markup]");
        Assert.Empty(Text);

        log.Release();
        log.Write("LHR50-1", "three");

        Assert.Equal("LHR50-1   | one\neu-west-2 | two [not markup]\nLHR50-1   | three\n", Text);
    }

    [Fact]
    public void Write_LongLine_IsNotFolded()
    {
        var log = Create();
        log.Release();
        log.Write("LHR50-1", new string('x', 20_000));

        Assert.Equal(2, Text.Split('\n').Length);
    }

    private string Text => Encoding.UTF8.GetString(_output.ToArray()).ReplaceLineEndings("\n");

    private EventLog Create() =>
        new(Terminal.Redirected(Stream.Null, _output, TextWriter.Null, new Dictionary<string, string>()).OutConsole, ["eu-west-2", "LHR50-1"]);
}
