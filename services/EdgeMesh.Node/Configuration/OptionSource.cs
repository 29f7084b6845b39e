using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Configuration;

/// <summary>Where an option's value came from: the command line before a variable before a configuration file before the default.</summary>
internal abstract record OptionSource
{
    /// <summary>The option is on the command line.</summary>
    public sealed record Flag : OptionSource
    {
        /// <inheritdoc/>
        public override string ToString() => "flag";
    }

    /// <summary>A variable has it.</summary>
    /// <param name="Name">With its prefix.</param>
    public sealed record Variable(string Name) : OptionSource
    {
        /// <inheritdoc/>
        public override string ToString() => $"env {Name}";

        /// <inheritdoc/>
        public override string Explain(string message) => $"{Name}: {message}";
    }

    /// <summary>A configuration file has it.</summary>
    /// <param name="File">As the user named it.</param>
    /// <param name="Line">From 1.</param>
    /// <param name="Path">What is there: <c>edge.cache-bytes</c>.</param>
    public sealed record FileLine(string File, int Line, string Path) : OptionSource
    {
        /// <inheritdoc/>
        public override string ToString() => ConfigurationFault.Place(File, Line, "");

        /// <inheritdoc/>
        public override string Explain(string message) => new ConfigurationFault(File, Line, Path, message).ToString();
    }

    /// <summary>Nobody gave it.</summary>
    public sealed record Default : OptionSource
    {
        /// <inheritdoc/>
        public override string ToString() => "default";
    }

    /// <summary>A fault of the value, naming where it came from.</summary>
    /// <param name="message">Begins with the option's name.</param>
    public virtual string Explain(string message) => message;
}
