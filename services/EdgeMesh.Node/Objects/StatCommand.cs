using System.CommandLine;
using System.Globalization;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh stat</c>.</summary>
internal sealed class StatCommand : CliCommand
{
    private readonly Argument<ObjectPath> _object = CliOption.Argument<ObjectPath>("BUCKET/KEY", "The object.", ObjectPath.TryReadObject);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public StatCommand(Terminal terminal)
        : base(
            "stat",
            "Prints what is known of an object, without its content.",
            ["edgemesh stat demo/hello.txt", "edgemesh stat demo/hello.txt --to http://127.0.0.1:6401 --json"],
            terminal)
    {
        Add(_object);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ObjectAnswerJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(_object);
        using var connection = _target.Connect(parsed);
        var client = new ObjectStoreService.ObjectStoreServiceClient(connection.Channel);
        var request = new HeadObjectRequest { Bucket = path.Bucket, Key = path.Key };
        var (response, answer) = await connection.CallAsync(options => client.HeadObjectAsync(request, options), cancellationToken);
        var json = ObjectJson.Of(response.Info);
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new ObjectAnswerJson(json, answer));
            return ExitCodes.Success;
        }

        foreach (var (name, value) in Describe(json).Append(("answer", AnswerReader.Show(answer))))
        {
            Terminal.Out.WriteLine($"{name,-14} {value}");
        }

        return ExitCodes.Success;
    }

    private static IEnumerable<(string Name, string Value)> Describe(ObjectJson info)
    {
        yield return ("object", $"{info.Bucket}/{info.Key}");
        yield return ("size", string.Create(CultureInfo.InvariantCulture, $"{info.Size} bytes ({ByteSize.Show(info.Size)})"));
        yield return ("content-type", info.ContentType);
        yield return ("etag", info.Etag);
        yield return ("generation", info.Generation.ToString(CultureInfo.InvariantCulture));
        yield return ("cache-control", info.CacheControl ?? "(the Region's default)");
        yield return ("updated", Timestamps.Show(info.Updated));
        yield return ("sha256", info.Sha256);
        if (info.Tags.Count > 0)
        {
            yield return ("tags", string.Join(", ", info.Tags));
        }

        foreach (var (key, value) in info.Metadata)
        {
            yield return ("metadata", $"{key}={value}");
        }
    }
}
