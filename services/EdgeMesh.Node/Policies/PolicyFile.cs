using System.Globalization;
using System.Text;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using ProtoDuration = Google.Protobuf.WellKnownTypes.Duration;

namespace EdgeMesh.Node.Policies;

/// <summary>A policy in a file: YAML, or protobuf's JSON form, which is YAML, too.</summary>
/// <remarks>Names of properties are read as in the proto and as in JSON; times as <c>90s</c>, <c>5m</c>, <c>1h</c>; a list of one without brackets.</remarks>
/// <param name="Path">As the user named it.</param>
/// <param name="Policy">What could be read.</param>
/// <param name="Faults">Everything that is wrong with it by itself.</param>
internal sealed record PolicyFile(string Path, Policy Policy, IReadOnlyList<ConfigurationFault> Faults)
{
    private static readonly (string Suffix, decimal Seconds)[] Units = [("ms", 0.001m), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    /// <summary>Reads a file; <c>-</c> is standard input.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static async Task<PolicyFile> ReadAsync(string path, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(path == "-" ? input : File.OpenRead(path), new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, bufferSize: -1, leaveOpen: path == "-");
            return Parse(path, await reader.ReadToEndAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CliException($"{path} cannot be read: {FailureMessage.OneLine(exception)}", ExitCodes.Usage, exception);
        }
    }

    /// <summary>Reads a file's text.</summary>
    public static PolicyFile Parse(string path, string text)
    {
        var faults = new List<ConfigurationFault>();
        var file = new PolicyFile(path, new Policy(), faults);
        if (text.Length > 2 * PolicyRules.MaxBytes)
        {
            faults.Add(new ConfigurationFault(path, 0, "", $"must not be longer than {2 * PolicyRules.MaxBytes} characters"));
            return file;
        }

        if (YamlReader.Read(path, text, faults) is { } root)
        {
            file.Fill(file.Policy, root, "", faults);
            faults.AddRange(PolicyRules.Check(file.Policy).Select(file.Locate));
        }

        return file;
    }

    /// <summary>Where in the file a fault is.</summary>
    public ConfigurationFault Locate(PolicyFault fault)
    {
        var place = fault.Path;
        while (place.Length > 0 && !_lines.ContainsKey(place))
        {
            place = place[..Math.Max(0, place.LastIndexOfAny(['.', '[']))];
        }

        return new ConfigurationFault(Path, _lines.GetValueOrDefault(place), fault.Path, fault.Message);
    }

    private void Fill(Google.Protobuf.IMessage message, YamlNode node, string path, List<ConfigurationFault> faults)
    {
        if (node is not YamlMapping mapping)
        {
            faults.Add(new ConfigurationFault(Path, node.Line, path, "must be names with values"));
            return;
        }

        var fields = message.Descriptor.Fields.InDeclarationOrder();
        foreach (var entry in mapping.Entries)
        {
            var field = fields.FirstOrDefault(field => field.Name == entry.Key || field.JsonName == entry.Key);
            var at = path.Length == 0 ? field?.Name ?? entry.Key : $"{path}.{field?.Name ?? entry.Key}";
            if (field is null)
            {
                faults.Add(new ConfigurationFault(Path, entry.Line, path, $"there is no property {NodeNames.Quote(entry.Key)}{Suggestion.Sentence(entry.Key, fields.Select(field => field.Name))}"));
            }
            else if (!_lines.TryAdd(at, entry.Line))
            {
                faults.Add(new ConfigurationFault(Path, entry.Line, at, $"is given twice: line {_lines[at].ToString(CultureInfo.InvariantCulture)} has it already"));
            }
            else if (entry.Value is not YamlScalar { IsEmpty: true, IsPlain: true } || field.FieldType == FieldType.String)
            {
                Set(message, field, entry.Value, at, faults);
            }
        }
    }

    private void Set(Google.Protobuf.IMessage message, FieldDescriptor field, YamlNode value, string path, List<ConfigurationFault> faults)
    {
        switch (field.Accessor.GetValue(message))
        {
            case RepeatedField<string> texts:
                foreach (var (item, at) in Items(value, path))
                {
                    if (Scalar(item, at, faults) is { } text)
                    {
                        texts.Add(text);
                    }
                }

                return;
            case RepeatedField<CacheRule> rules:
                foreach (var (item, at) in Items(value, path))
                {
                    var rule = new CacheRule();
                    rules.Add(rule);
                    Fill(rule, item, at, faults);
                }

                return;
            case MapField<string, ProtoDuration> times when value is YamlMapping mapping:
                foreach (var entry in mapping.Entries)
                {
                    _lines[$"{path}.{entry.Key}"] = entry.Line;
                    if (Time(entry.Value, $"{path}.{entry.Key}", faults) is { } time)
                    {
                        times[entry.Key] = time;
                    }
                }

                return;
            case MapField<string, ProtoDuration>:
                faults.Add(new ConfigurationFault(Path, value.Line, path, "must be statuses with times, like NOT_FOUND: 10s"));
                return;
        }

        object? parsed = field.FieldType switch
        {
            FieldType.Message => Time(value, path, faults),
            FieldType.Bool => Read(value, path, faults, "must be true or false", text => bool.TryParse(text, out var flag) ? flag : null),
            FieldType.UInt64 => Read(value, path, faults, "must be a whole number", text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null),
            _ => Read(value, path, faults, $"must be one of {string.Join(", ", field.EnumType.Values.Skip(1).Select(one => EnumName(one)))}", text => field.EnumType.Values.Skip(1).FirstOrDefault(one => text == one.Name || text.Equals(EnumName(one), StringComparison.OrdinalIgnoreCase))?.Number),
        };
        if (parsed is not null)
        {
            field.Accessor.SetValue(message, parsed);
        }
    }

    /// <summary><c>unary</c> of <c>METHOD_FLOW_UNARY</c>.</summary>
    internal static string EnumName(EnumValueDescriptor value) => value.Name.Split('_', 3)[2].ToLowerInvariant();

    private IEnumerable<(YamlNode Item, string Path)> Items(YamlNode value, string path)
    {
        var items = value is YamlList list ? list.Items : [value];
        foreach (var (index, item) in items.Index())
        {
            var at = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
            _lines[at] = item.Line;
            yield return (item, at);
        }
    }

    private string? Scalar(YamlNode node, string path, List<ConfigurationFault> faults)
    {
        if (node is YamlScalar scalar)
        {
            return scalar.Text;
        }

        faults.Add(new ConfigurationFault(Path, node.Line, path, "must be one value"));
        return null;
    }

    private object? Read(YamlNode node, string path, List<ConfigurationFault> faults, string rule, Func<string, object?> read)
    {
        if (Scalar(node, path, faults) is not { } text)
        {
            return null;
        }

        if (read(text) is { } value)
        {
            return value;
        }

        faults.Add(new ConfigurationFault(Path, node.Line, path, $"{rule}; is {NodeNames.Quote(text)}"));
        return null;
    }

    private ProtoDuration? Time(YamlNode node, string path, List<ConfigurationFault> faults) => (ProtoDuration?)Read(node, path, faults, "must be a time like 0s, 250ms, 90s, 5m, 1h or 7d", text =>
    {
        var (suffix, unit) = Array.Find(Units, known => text.EndsWith(known.Suffix, StringComparison.Ordinal));
        return suffix is not null && decimal.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount is >= 0 and < 10_000_000_000
            ? new ProtoDuration { Seconds = (long)decimal.Truncate(amount * unit), Nanos = (int)(amount * unit % 1 * 1_000_000_000) }
            : null;
    });
}
