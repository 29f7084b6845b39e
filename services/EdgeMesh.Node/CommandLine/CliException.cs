namespace EdgeMesh.Node.CommandLine;

/// <summary>A failure that a command explains by itself: its message is the line that the user reads.</summary>
internal class CliException : Exception
{
    /// <summary>Says what went wrong and, where known, what to do.</summary>
    /// <param name="message">One line, without the program's name in front.</param>
    /// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
    /// <param name="inner">What caused it; not shown.</param>
    public CliException(string message, int exitCode = ExitCodes.Failed, Exception? inner = null)
        : base(message, inner)
    {
        ExitCode = exitCode;
    }

    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; }
}
