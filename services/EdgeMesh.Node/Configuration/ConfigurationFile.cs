using System.CommandLine;
using System.Globalization;
using System.Text;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Servers;

namespace EdgeMesh.Node.Configuration;

/// <summary>An <c>edgemesh.yaml</c>: sections named like the commands that run a node, keys named like their options.</summary>
/// <remarks>Immutable. Whether values suit each other is for <see cref="ConfigurationCheck"/>: that also depends on flags and variables.</remarks>
/// <param name="Path">As the user named it.</param>
/// <param name="Sections">What could be read, in the file's order.</param>
/// <param name="Faults">Everything that is wrong, in the file's order.</param>
internal sealed record ConfigurationFile(string Path, IReadOnlyList<ConfigurationSection> Sections, IReadOnlyList<ConfigurationFault> Faults)
{
    /// <summary>Thousands of origins fit; a file beyond it is the wrong file.</summary>
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a file. That it cannot be read is a fault like any other.</summary>
    /// <param name="path">Relative to the working directory, like every path in it.</param>
    /// <param name="root">All commands: they say which sections, keys and values there are.</param>
    public static ConfigurationFile Read(string path, RootCommand root)
    {
        byte[] bytes;
        try
        {
            using var stream = File.OpenRead(path);
            var buffer = new byte[MaxBytes + 1];
            bytes = buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Unreadable(path, 0, $"cannot be read: {FailureMessage.OneLine(exception)}");
        }

        if (bytes.Length > MaxBytes)
        {
            return Unreadable(path, 0, string.Create(CultureInfo.InvariantCulture, $"is larger than the limit of {MaxBytes} bytes"));
        }

        try
        {
            return Parse(path, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF'), root);
        }
        catch (DecoderFallbackException exception)
        {
            return Unreadable(path, 1 + bytes.AsSpan(0, Math.Max(0, exception.Index)).Count((byte)'\n'), "is not UTF-8 here");
        }
    }

    /// <summary>Reads a file's text.</summary>
    public static ConfigurationFile Parse(string path, string text, RootCommand root)
    {
        var faults = new List<ConfigurationFault>();
        var sections = new List<ConfigurationSection>();
        var servers = root.Subcommands.OfType<ServerCommand>().ToList();
        switch (YamlReader.Read(path, text, faults))
        {
            case YamlMapping document:
                foreach (var entry in document.Entries)
                {
                    if (servers.FirstOrDefault(server => server.Name == entry.Key) is { } server)
                    {
                        sections.Add(new SectionReader(path, server, servers, root, faults).Read(entry));
                    }
                    else
                    {
                        faults.Add(new(path, entry.Line, entry.Path, $"is no section; there are {Names(servers)}{Suggestion.Sentence(entry.Key, servers.Select(one => one.Name))}"));
                    }
                }

                break;
            case YamlScalar { IsEmpty: true } or null:
                break;
            case var other:
                faults.Add(new(path, other.Line, "", $"must be a mapping with the sections {Names(servers)}"));
                break;
        }

        return new(path, sections, [.. faults.OrderBy(fault => fault.Line)]);
    }

    private static string Names(IEnumerable<ServerCommand> servers) => string.Join(", ", servers.Select(server => server.Name + ":"));

    private static ConfigurationFile Unreadable(string path, int line, string message) => new(path, [], [new(path, line, "", message)]);
}

/// <summary>The options of one command in a file.</summary>
/// <param name="Name">The command's name.</param>
/// <param name="Line">From 1.</param>
/// <param name="Settings">Those that are right, in the file's order.</param>
internal sealed record ConfigurationSection(string Name, int Line, IReadOnlyList<FileSetting> Settings);

/// <summary>An option in a file.</summary>
/// <param name="Name">The option's, with its dashes.</param>
/// <param name="Values">As they would stand on the command line; several for a repeatable option.</param>
/// <param name="Source">Where it stands.</param>
internal sealed record FileSetting(string Name, IReadOnlyList<string> Values, OptionSource.FileLine Source);
