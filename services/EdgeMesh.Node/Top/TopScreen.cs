using System.Text;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Top;

/// <summary>A whole terminal, drawn over and over, and the keys typed into it.</summary>
/// <remarks>
/// Each picture is one write between the marks of a synchronized update, over the one before: nothing flickers, and what a larger
/// window showed is erased. Its size is asked for each time. Disposing gives the terminal back as it was. Draw from one flow.
/// </remarks>
internal sealed class TopScreen : IDisposable
{
    // ECMA-48 and xterm's: alternate screen, cursor, erase to the end of the line and of the screen, synchronized update.
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string Begin = "\u001b[?2026h\u001b[H";
    private const string End = "\u001b[J\u001b[?2026l";
    private const string EraseRest = "\u001b[K";
    private const string Reverse = "\u001b[7m";
    private const string Plain = "\u001b[0m";

    private readonly Terminal _terminal;

    /// <summary>Takes the terminal.</summary>
    /// <param name="terminal">Standard output must be one that understands escapes.</param>
    /// <param name="onKey">Told of each key, on a thread of its own.</param>
    public TopScreen(Terminal terminal, Action<char> onKey)
    {
        _terminal = terminal;
        _terminal.Out.Write(Enter);
        _terminal.Out.Flush();

        // A blocking read cannot be cancelled, and must not keep the process alive.
        new Thread(() => ReadKeys(onKey)) { IsBackground = true, Name = "keys" }.Start();
    }

    /// <summary>Whether there is a terminal to draw on, and keys to read.</summary>
    public static bool IsPossible(Terminal terminal) =>
        terminal.OutIsTerminal && !Console.IsInputRedirected && terminal.Environment.GetValueOrDefault("TERM") is { Length: > 0 } and not "dumb";

    /// <summary>Draws a picture, cut to the terminal's size.</summary>
    /// <param name="title">First line.</param>
    /// <param name="lines">The others; the first is the headings.</param>
    /// <param name="note">Last line.</param>
    public void Draw(string title, IReadOnlyList<string> lines, string note)
    {
        var (width, height) = (Console.WindowWidth, Console.WindowHeight);
        var room = Math.Max(0, height - 3);
        var picture = new StringBuilder(Begin);
        Append(title);
        for (var i = 0; i < Math.Min(lines.Count, room); i++)
        {
            Append(i == room - 1 && lines.Count > room ? $"... {lines.Count - i} more" : lines[i], isHeading: i == 0);
        }

        picture.Append(Cut(note, width)).Append(EraseRest).Append(End);
        _terminal.Out.Write(picture.ToString());
        _terminal.Out.Flush();

        void Append(string line, bool isHeading = false) =>
            picture.Append(isHeading ? Reverse : "").Append(Cut(isHeading ? line.PadRight(width) : line, width)).Append(isHeading ? Plain : "").Append(EraseRest).Append("\r\n");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminal.Out.Write(Leave);
        _terminal.Out.Flush();
    }

    // One column stays free: a full line moves the cursor to the next.
    private static string Cut(string line, int width) => line.Length < width ? line : line[..Math.Max(0, width - 1)];

    private static void ReadKeys(Action<char> onKey)
    {
        try
        {
            while (true)
            {
                onKey(Console.ReadKey(intercept: true).KeyChar);
            }
        }
        catch (InvalidOperationException)
        {
            // The terminal went away.
        }
    }
}
