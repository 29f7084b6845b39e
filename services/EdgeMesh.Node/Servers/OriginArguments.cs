using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Values;
using EdgeMesh.Region;

namespace EdgeMesh.Node.Servers;

/// <summary>The options that name the user's own services behind a Region.</summary>
internal sealed class OriginArguments
{
    private readonly Option<OriginOptions[]> _origins = CliOption.Many<OriginOptions>("--origin", "PREFIX=URL", "A service of your own to front: every method of services whose full names start with PREFIX, as in shop.v1.=http://127.0.0.1:9000.", TryReadOrigin);
    private readonly Option<string[]> _reflection = CliOption.ManyTexts("--origin-reflection", "PREFIX", "Ask this origin's own server reflection for its services, for clients that ask ours.");
    private readonly Option<KeyValuePair<string, string>[]> _descriptors = CliOption.Many<KeyValuePair<string, string>>("--origin-descriptors", "PREFIX=FILE", "Take this origin's services from a file of protoc --descriptor_set_out --include_imports instead.", KeyValue.TryRead);

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> Options => [_origins, _reflection, _descriptors];

    /// <summary>Adds the options to a command.</summary>
    public OriginArguments(Command command)
    {
        command.Add(_origins);
        command.Add(_reflection);
        command.Add(_descriptors);
    }

    /// <summary>The origins with what was said of each.</summary>
    /// <exception cref="ConfigurationException">Something was said of a prefix that is no origin's.</exception>
    public IReadOnlyList<OriginOptions> Read(ParseResult parsed)
    {
        var faults = new List<string>();
        var origins = Read(parsed, faults);
        return faults.Count == 0 ? origins : throw new ConfigurationException(faults);
    }

    /// <summary>The origins with what was said of each.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="faults">Gets what was said of prefixes that are no origin's.</param>
    public IReadOnlyList<OriginOptions> Read(ParseResult parsed, ICollection<string> faults)
    {
        var origins = parsed.GetRequiredValue(_origins);
        foreach (var prefix in parsed.GetRequiredValue(_reflection))
        {
            origins = Change(origins, _reflection, prefix, origin => origin with { Reflection = true }, faults);
        }

        foreach (var (prefix, file) in parsed.GetRequiredValue(_descriptors))
        {
            origins = Change(origins, _descriptors, prefix, origin => origin with { DescriptorSetPath = file }, faults);
        }

        return origins;
    }

    /// <summary>The same options for another process.</summary>
    public static IEnumerable<string> Show(IReadOnlyList<OriginOptions> origins)
    {
        foreach (var origin in origins)
        {
            yield return "--origin";
            yield return $"{origin.ServicePrefix}={TargetAddress.Show(origin.Address)}";
            if (origin.Reflection)
            {
                yield return "--origin-reflection";
                yield return origin.ServicePrefix;
            }

            if (origin.DescriptorSetPath is not null)
            {
                yield return "--origin-descriptors";
                yield return $"{origin.ServicePrefix}={origin.DescriptorSetPath}";
            }
        }
    }

    private static OriginOptions[] Change(OriginOptions[] origins, Option option, string prefix, Func<OriginOptions, OriginOptions> change, ICollection<string> faults)
    {
        if (!Array.Exists(origins, origin => origin.ServicePrefix == prefix))
        {
            faults.Add($"{option.Name} '{prefix}': no --origin has this prefix");
        }

        return [.. origins.Select(origin => origin.ServicePrefix == prefix ? change(origin) : origin)];
    }

    private static bool TryReadOrigin(string text, [MaybeNullWhen(false)] out OriginOptions value, out string error)
    {
        var ok = OriginOptions.TryParse(text, out value, out var fault);
        error = fault ?? "";
        return ok;
    }
}
