using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh rm</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<ObjectPath> _path = CliOption.Argument<ObjectPath>("BUCKET/KEY", "The object; with --recursive the start of keys, or a bucket for all of it.", ObjectPath.TryReadPrefix);
    private readonly Option<bool> _recursive = CliOption.Flag("--recursive", "Remove every object whose key starts so.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly ObjectConditionOptions _conditions;
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public RemoveCommand(Terminal terminal)
        : base(
            "rm",
            "Removes an object, or all objects under a prefix. A missing object is a failure (exit code 1).",
            ["edgemesh rm demo/hello.txt", "edgemesh rm pictures/2026/ --recursive", "edgemesh rm demo/hello.txt --if-generation 3"],
            terminal)
    {
        _recursive.Aliases.Add("-r");
        Add(_path);
        Add(_recursive);
        _conditions = new(this);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(RemovedJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(_path);
        var recursive = parsed.GetValue(_recursive);
        if (path.Key.Length == 0 && !recursive)
        {
            throw new CliException($"BUCKET/KEY '{path.Bucket}': name a key; `edgemesh rb` removes an empty bucket, --recursive all objects in it", ExitCodes.Usage);
        }

        using var connection = _target.Connect(parsed);
        var client = new ObjectStoreService.ObjectStoreServiceClient(connection.Channel);
        string[] keys = [path.Key];
        if (recursive)
        {
            var (_, objects) = await new ObjectListing(connection).ListObjectsAsync(path.Bucket, path.Key, "", cancellationToken);
            keys = [.. objects.Select(info => info.Key)];
        }

        var removed = new List<string>();
        foreach (var key in keys)
        {
            var request = new DeleteObjectRequest { Bucket = path.Bucket, Key = key, Conditions = _conditions.Read(parsed) };
            var (response, _) = await connection.CallAsync(options => client.DeleteObjectAsync(request, options), cancellationToken);
            if (response.Existed)
            {
                removed.Add($"{path.Bucket}/{key}");
            }
        }

        Report(parsed.GetValue(_json), removed);
        return removed.Count > 0 ? ExitCodes.Success : throw new CliException($"no such object: {path}");
    }

    private void Report(bool json, List<string> removed)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, new RemovedJson(removed));
        }
        else
        {
            removed.ForEach(name => Terminal.Out.WriteLine($"removed {name}"));
        }
    }
}
