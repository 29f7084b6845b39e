using System.Text;
using Spectre.Console;

namespace EdgeMesh.Node.Output;

/// <summary>Where a command reads and writes: the process's own streams, or a test's.</summary>
/// <remarks>Answers go to <see cref="Out"/>; everything said about them (progress, notes, failures) goes to <see cref="Error"/>, so that a pipe carries answers only.</remarks>
internal sealed class Terminal
{
    /// <summary>Wide enough for any row: a redirected table must not be folded.</summary>
    private const int RedirectedWidth = 10_000;

    private Terminal(Stream input, Stream outputBytes, TextWriter output, TextWriter error, bool outIsTerminal, bool errorIsTerminal, IReadOnlyDictionary<string, string> environment)
    {
        Input = input;
        OutputBytes = outputBytes;
        Environment = environment;
        OutIsTerminal = outIsTerminal;
        var colours = !environment.TryGetValue("NO_COLOR", out var noColor) || noColor.Length == 0;
        Out = output;
        Error = error;
        OutConsole = CreateConsole(output, outIsTerminal, colours);
        ErrorConsole = CreateConsole(error, errorIsTerminal, colours);
        ErrorIsTerminal = errorIsTerminal;
    }

    /// <summary>Standard input.</summary>
    public Stream Input { get; }

    /// <summary>Standard output for content that is not text; flush <see cref="Out"/> before writing to it.</summary>
    public Stream OutputBytes { get; }

    /// <summary>Standard output.</summary>
    public TextWriter Out { get; }

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; }

    /// <summary>Standard output with tables and, on a terminal, colours.</summary>
    public IAnsiConsole OutConsole { get; }

    /// <summary>Standard error with progress and, on a terminal, colours.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>True when a person reads standard output.</summary>
    public bool OutIsTerminal { get; }

    /// <summary>True when a person reads standard error.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>The process's variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess()
    {
        var variables = System.Environment.GetEnvironmentVariables()
            .Cast<System.Collections.DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
        return new(
            Console.OpenStandardInput(), Console.OpenStandardOutput(), Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected, variables);
    }

    /// <summary>Streams in memory, as if all were redirected.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Collects standard output, text and bytes in order.</param>
    /// <param name="error">Collects standard error.</param>
    /// <param name="environment">Variables.</param>
    public static Terminal Redirected(Stream input, Stream output, TextWriter error, IReadOnlyDictionary<string, string> environment) =>
        new(input, output, new StreamWriter(output, new UTF8Encoding(false)) { AutoFlush = true }, error, false, false, environment);

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal, bool colours)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal && colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }
}
