using System.CommandLine;
using EdgeMesh.Node.Servers;

namespace EdgeMesh.Node.Configuration;

/// <summary>Checks a configuration file as far as that goes without the flags and variables that a start may add, and without starting.</summary>
/// <param name="Faults">What is wrong, in the file's order.</param>
/// <param name="Missing">What the file leaves to flags and variables though no node starts without it.</param>
internal sealed record ConfigurationCheck(IReadOnlyList<ConfigurationFault> Faults, IReadOnlyList<ConfigurationFault> Missing)
{
    /// <summary>Checks a file.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="root">All commands.</param>
    public static ConfigurationCheck Run(string file, RootCommand root)
    {
        var read = ConfigurationFile.Read(file, root);
        var faults = read.Faults.ToList();
        var missing = new List<ConfigurationFault>();
        if (read.Sections.Count == 0 && faults.Count == 0)
        {
            faults.Add(new(file, 0, "", $"has no section; there are {string.Join(", ", root.Subcommands.OfType<ServerCommand>().Select(server => server.Name + ":"))}"));
        }

        foreach (var section in read.Sections)
        {
            CheckSection(file, section, root.Subcommands.OfType<ServerCommand>().Single(server => server.Name == section.Name), root, faults, missing);
        }

        return new([.. faults.OrderBy(fault => fault.Line)], missing);
    }

    private static void CheckSection(string file, ConfigurationSection section, ServerCommand server, RootCommand root, List<ConfigurationFault> faults, List<ConfigurationFault> missing)
    {
        // 1. What must be given and is not: something right stands in for it.
        var standIns = server.StandIns.Where(argument => !section.Settings.Any(setting => setting.Name == NameOf(argument))).ToList();
        foreach (var name in standIns.Select(NameOf))
        {
            // A value that is there and wrong has been told already.
            var path = $"{section.Name}.{name.TrimStart('-')}";
            if (!faults.Any(fault => fault.Path.StartsWith(path, StringComparison.Ordinal)))
            {
                missing.Add(new(file, section.Line, path, $"is not there: {name} or {CommandLine.EnvironmentVariables.NameOf(name)} must give it"));
            }
        }

        // 2. The values together, as a start checks them.
        string[] arguments = [section.Name, .. standIns, .. section.Settings.SelectMany(setting => setting.Values.Select(value => $"{setting.Name}={value}"))];
        var parsed = GivenOptions.Parse(root, arguments);
        foreach (var fault in parsed.Errors.Count > 0 ? parsed.Errors.Select(error => error.Message) : server.FindFaults(parsed))
        {
            var setting = section.Settings.FirstOrDefault(setting => setting.Name == ResolvedOptions.LeadingName(fault));
            faults.Add(setting is null ? new(file, section.Line, section.Name, fault) : new(file, setting.Source.Line, setting.Source.Path, fault));
        }
    }

    private static string NameOf(string argument) => argument.Split('=', 2)[0];
}
