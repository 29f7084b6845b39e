using EdgeMesh.Introspection;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Backup;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Node.CommandLine;

/// <summary>What the user reads of a failure, in place of a stack trace.</summary>
/// <param name="Lines">One line per cause.</param>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
internal sealed record FailureMessage(IReadOnlyList<string> Lines, int ExitCode)
{
    /// <summary>Explains an exception.</summary>
    public static FailureMessage Of(Exception exception) => exception switch
    {
        ConfigurationException wrong => new([.. wrong.Lines.Select(OneLine)], ExitCodes.Usage),
        CliException failure => new([failure.Message], failure.ExitCode),
        OptionsValidationException invalid => new([.. invalid.Failures.Select(OneLine)], ExitCodes.Usage),
        AggregateException { InnerExceptions: [var only] } => Of(only),
        DataDirectoryException or BackupArchiveException or DescriptorException or IOException or UnauthorizedAccessException => Failed(OneLine(exception.Message)),
        _ => Failed($"unexpected {exception.GetType().Name}: {OneLine(exception.Message)}"),
    };

    /// <summary>A message without line breaks.</summary>
    public static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>What an exception says, on one line, without the name of a parameter in our own code.</summary>
    public static string OneLine(Exception exception)
    {
        var line = OneLine(exception.Message);
        return exception is ArgumentException { ParamName: { } name } && line.EndsWith($" (Parameter '{name}')", StringComparison.Ordinal)
            ? line[..line.LastIndexOf(" (Parameter", StringComparison.Ordinal)]
            : line;
    }

    private static FailureMessage Failed(string line) => new([line], ExitCodes.Failed);
}
