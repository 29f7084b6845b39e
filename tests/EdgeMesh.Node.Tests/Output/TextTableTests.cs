using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Tests.Output;

public sealed class TextTableTests
{
    [Fact]
    public void Write_Redirected_AlignedPlainText()
    {
        var output = new MemoryStream();
        var terminal = Terminal.Redirected(Stream.Null, output, TextWriter.Null, new Dictionary<string, string>());
        var table = new TextTable("Name", ">Hits", "State");
        table.Add("LHR50-1", "7", "ready");
        table.Add("a [b]", "1200", "");

        table.Write(terminal.OutConsole, terminal.OutIsTerminal);

        Assert.Equal(
            """
            NAME     HITS  STATE
            LHR50-1     7  ready
            a [b]    1200

            """.ReplaceLineEndings(),
            System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void Write_Terminal_RuledTable()
    {
        var output = new MemoryStream();
        var terminal = Terminal.Redirected(Stream.Null, output, TextWriter.Null, new Dictionary<string, string>());
        var table = new TextTable("Name", ">Hits");
        table.Add("a [b]", "7");

        table.Write(terminal.OutConsole, isTerminal: true);

        Assert.Equal(
            ["╭───────┬──────╮", "│ Name  │ Hits │", "├───────┼──────┤", "│ a [b] │    7 │", "╰───────┴──────╯", ""],
            System.Text.Encoding.UTF8.GetString(output.ToArray()).ReplaceLineEndings("\n").Split('\n'));
    }

    [Fact]
    public void Write_WideCharacters_ColumnsStayAligned()
    {
        var output = new MemoryStream();
        var terminal = Terminal.Redirected(Stream.Null, output, TextWriter.Null, new Dictionary<string, string>());
        var table = new TextTable("Key", ">Size");
        table.Add("日本語", "7");
        table.Add("abcdef", "12");

        table.Write(terminal.OutConsole, isTerminal: false);

        Assert.Equal(["KEY     SIZE", "日本語     7", "abcdef    12", ""], System.Text.Encoding.UTF8.GetString(output.ToArray()).ReplaceLineEndings("\n").Split('\n'));
    }

    [Theory]
    [InlineData(25, true)]
    [InlineData(24, false)]
    public void Write_NarrowTerminal_NoCellIsBroken(int width, bool isRuled)
    {
        var output = new MemoryStream();
        var terminal = Terminal.Redirected(Stream.Null, output, TextWriter.Null, new Dictionary<string, string>());
        terminal.OutConsole.Profile.Width = width;
        var table = new TextTable("Address", ">Hits");
        table.Add("127.0.0.1:6400", "7");

        table.Write(terminal.OutConsole, isTerminal: true);

        var text = System.Text.Encoding.UTF8.GetString(output.ToArray());
        Assert.Contains("127.0.0.1:6400", text);
        Assert.Equal(isRuled, text.Contains('│'));
    }

    [Fact]
    public void Add_TooFewCells_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new TextTable("a", "b").Add("1"));

    [Theory]
    [InlineData("movie.mkv [###############...............]  50 % 8.0 MiB of 16.0 MiB 4.0 MiB/s", 78)]
    [InlineData("mov [###############...............]  50 % 8.0 MiB of 16.0 MiB 4.0 MiB/s", 72)]
    [InlineData("[###############...............]  50 % 8.0 MiB of", 49)]
    public void Draw_HalfDone_HalfABarOnOneLine(string expected, int width) =>
        Assert.Equal(expected, ProgressLine.Draw("movie.mkv", 8 << 20, 16 << 20, TimeSpan.FromSeconds(2), width));
}
