using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using Grpc.Core;

namespace EdgeMesh.Node.Calls;

/// <summary>Metadata as people write and read it: values of <c>-bin</c> names in base64.</summary>
internal static class MetadataText
{
    private const string OptionName = "--header";

    /// <summary>Makes request metadata.</summary>
    /// <param name="headers">Names in lower case, with their values, in order.</param>
    /// <exception cref="CliException">A name or value cannot stand in a header.</exception>
    public static Metadata Read(IEnumerable<KeyValuePair<string, string>> headers)
    {
        var metadata = new Metadata();
        foreach (var (name, value) in headers)
        {
            try
            {
                if (name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
                {
                    metadata.Add(name, Convert.FromBase64String(value));
                }
                else
                {
                    metadata.Add(name, value);
                }
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException)
            {
                throw new CliException($"{OptionName} '{name}: {value}': {FailureMessage.OneLine(exception)}", ExitCodes.Usage, exception);
            }
        }

        return metadata;
    }

    /// <summary>Fields in order, repeated names kept apart.</summary>
    public static IReadOnlyList<FieldJson> Show(Metadata metadata) =>
        [.. metadata.Select(entry => new FieldJson(entry.Key, entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value))];
}
