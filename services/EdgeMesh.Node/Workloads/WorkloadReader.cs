using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Values;
using EdgeMesh.Workloads;

namespace EdgeMesh.Node.Workloads;

/// <summary>Reads what a user says of a workload from one JSON object, whose values may all be texts: so a configuration file's mapping reads the same.</summary>
internal sealed class WorkloadReader
{
    private const string NameKey = "name";
    private const string SharedWord = "shared";

    private static readonly Dictionary<string, Func<WorkloadReader, WorkloadOptions, JsonElement, WorkloadOptions>> Keys = new(StringComparer.Ordinal)
    {
        [NameKey] = (reader, options, value) => options with { Name = reader.Text(value) },
        ["services"] = (reader, options, value) => options with { ServicePrefixes = reader.Texts(value) },
        ["command"] = (reader, options, value) => options with { Command = reader.Texts(value) },
        ["addresses"] = (reader, options, value) => options with { Addresses = reader.Many(value, reader.Address) },
        ["replicas"] = (reader, options, value) => options with { Replicas = reader.Number(value, 0, WorkloadOptions.MaxReplicas) },
        ["environment"] = (reader, options, value) => options with { Environment = reader.Pairs(value) },
        ["directory"] = (reader, options, value) => options with { WorkingDirectory = reader.Text(value) },
        ["port-variable"] = (reader, options, value) => options with { PortVariable = reader.Text(value) },
        ["az"] = (reader, options, value) => options with { Zones = reader.Texts(value) },
        ["volumes"] = (reader, options, value) => options with { Volumes = reader.Many(value, reader.Volume) },
        ["memory"] = (reader, options, value) => options with { MemoryBytes = reader.Value<ByteSize>(value, ByteSize.TryRead).Bytes },
        ["cpus"] = (reader, options, value) => options with { Cpus = reader.Real(value) },
        ["health"] = (reader, options, value) => options with { Health = reader.Value<HealthProbe>(value, TryReadProbe) },
        ["health-service"] = (reader, options, value) => options with { HealthService = reader.Text(value) },
        ["health-interval"] = (reader, options, value) => options with { HealthInterval = reader.Time(value) },
        ["health-timeout"] = (reader, options, value) => options with { HealthTimeout = reader.Time(value) },
        ["start-timeout"] = (reader, options, value) => options with { StartTimeout = reader.Time(value) },
        ["min-backoff"] = (reader, options, value) => options with { MinBackoff = reader.Time(value) },
        ["max-backoff"] = (reader, options, value) => options with { MaxBackoff = reader.Time(value) },
        ["drain-timeout"] = (reader, options, value) => options with { DrainTimeout = reader.Time(value) },
        ["grace"] = (reader, options, value) => options with { Grace = reader.Time(value) },
        ["slow-start"] = (reader, options, value) => options with { SlowStart = reader.Time(value) },
        ["eject-after"] = (reader, options, value) => options with { EjectAfter = reader.Number(value, 0, 1000) },
        ["eject-for"] = (reader, options, value) => options with { EjectFor = reader.Time(value) },
        ["reflection"] = (reader, options, value) => options with { Reflection = reader.Value<bool>(value, SwitchText.TryRead) },
        ["safe-methods"] = (reader, options, value) => options with { SafeMethods = reader.Texts(value) },
    };

    private readonly List<string> _faults = [];
    private string _key = "";

    private WorkloadReader()
    {
    }

    /// <summary>Reads a workload.</summary>
    /// <param name="text">The object.</param>
    /// <param name="value">The workload, each value right by itself.</param>
    /// <param name="error">All that is wrong.</param>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out WorkloadDefinition value, out string error)
    {
        value = null;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                error = "want one JSON object, like {\"name\": \"shop\", \"services\": \"shop.v1.\", \"command\": [\"python3\", \"shop.py\"]}";
                return false;
            }

            var reader = new WorkloadReader();
            var options = reader.Read(document.RootElement);
            error = string.Join("; ", reader._faults);
            value = reader._faults.Count == 0 ? new WorkloadDefinition(text, options) : null;
            return reader._faults.Count == 0;
        }
        catch (JsonException exception)
        {
            error = $"is not JSON: {CommandLine.FailureMessage.OneLine(exception.Message)}";
            return false;
        }
    }

    private WorkloadOptions Read(JsonElement document)
    {
        var options = new WorkloadOptions { Name = "", ServicePrefixes = [] };
        foreach (var property in document.EnumerateObject())
        {
            _key = property.Name;
            if (Keys.TryGetValue(_key, out var read))
            {
                options = read(this, options, property.Value);
            }
            else
            {
                _faults.Add($"{_key} is no key of a workload{Suggestion.Sentence(_key, Keys.Keys)}");
            }
        }

        return options;
    }

    private static bool TryReadProbe(string text, out HealthProbe value, out string error)
    {
        error = "want auto, grpc or tcp";
        return Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]);
    }

    private T? Fault<T>(string message)
    {
        _faults.Add($"{_key} {message}");
        return default;
    }

    private string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => Fault<string>($"wants one value, got {Show(value)}") ?? "",
    };

    private IReadOnlyList<string> Texts(JsonElement value) => Many(value, Text);

    private IReadOnlyList<T> Many<T>(JsonElement value, Func<JsonElement, T?> read)
        where T : class =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(read).OfType<T>()] : read(value) is { } one ? [one] : [];

    private IReadOnlyDictionary<string, string> Pairs(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return Fault<Dictionary<string, string>>($"wants a mapping from variables to values, got {Show(value)}") ?? [];
        }

        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in value.EnumerateObject())
        {
            pairs[pair.Name] = Text(pair.Value);
        }

        return pairs;
    }

    private T? Value<T>(JsonElement value, CommandLine.TryRead<T> read) => Text(value) is var text && read(text, out var found, out var error) ? found : Fault<T>($"'{text}': {error}");

    private int Number(JsonElement value, int least, int most) => Value(value, WholeNumber.Between(least, most));

    private double Real(JsonElement value) =>
        double.TryParse(Text(value), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : Fault<double>($"'{Text(value)}': want a number such as 0.5 or 2");

    private TimeSpan Time(JsonElement value) => Text(value) is "0" or "0s" or "0ms" ? TimeSpan.Zero : Value<Duration>(value, Duration.TryRead).Time;

    private VolumeOptions? Volume(JsonElement value)
    {
        var text = Text(value);
        var parts = text.Split(':');
        var isShared = parts.Length == 3 && parts[2] == SharedWord;
        return parts.Length == 2 || isShared ? new VolumeOptions(parts[0], parts[1], isShared) : Fault<VolumeOptions>($"'{text}': want NAME:PATH, for a directory of each replica's own, or NAME:PATH:{SharedWord}");
    }

    private ReplicaAddress? Address(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return Value<Uri>(value, TargetAddress.TryRead) is { } only ? new ReplicaAddress(only) : null;
        }

        Uri? address = null;
        var (weight, zone) = (1d, (string?)null);
        foreach (var property in value.EnumerateObject())
        {
            switch (property.Name)
            {
                case "url":
                    address = Value<Uri>(property.Value, TargetAddress.TryRead);
                    break;
                case "weight":
                    weight = Real(property.Value);
                    break;
                case "az":
                    zone = Text(property.Value);
                    break;
                default:
                    Fault<string>($"has the key {property.Name}; there are url, weight, az");
                    break;
            }
        }

        return address is null ? Fault<ReplicaAddress>("wants a url for each") : new ReplicaAddress(address, weight, zone);
    }

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "a mapping",
        JsonValueKind.Array => "a list",
        _ => "none",
    };
}
