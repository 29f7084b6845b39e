using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh ls</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private readonly Argument<ObjectPath?> _path = CliOption.OptionalArgument<ObjectPath>("BUCKET/PREFIX", "A bucket, or the start of keys in it; none: the buckets.", ObjectPath.TryReadPrefix);
    private readonly Option<bool> _recursive = CliOption.Flag("--recursive", "List every key, without folding.");
    private readonly Option<string> _delimiter = CliOption.Value("--delimiter", "TEXT", "Fold keys at this text, as a file system does at slashes.", PlainText.TryRead, "/");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public ListCommand(Terminal terminal)
        : base(
            "ls",
            "Lists buckets, or the objects of one.",
            ["edgemesh ls", "edgemesh ls demo", "edgemesh ls pictures/2026/ --recursive", "edgemesh ls demo --json"],
            terminal)
    {
        _recursive.Aliases.Add("-r");
        Add(_path);
        Add(_recursive);
        Add(_delimiter);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(BucketsJson), typeof(ObjectsJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var listing = new ObjectListing(connection);
        var json = parsed.GetValue(_json);
        if (parsed.GetValue(_path) is { } path)
        {
            var delimiter = parsed.GetValue(_recursive) ? "" : parsed.GetRequiredValue(_delimiter);
            var (prefixes, objects) = await listing.ListObjectsAsync(path.Bucket, path.Key, delimiter, cancellationToken);
            Show(json, new ObjectsJson(prefixes, [.. objects.Select(ObjectJson.Of)]));
        }
        else
        {
            Show(json, new BucketsJson([.. (await listing.ListBucketsAsync(cancellationToken)).Select(BucketJson.Of)]));
        }

        return ExitCodes.Success;
    }

    private void Show(bool json, BucketsJson listing)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, listing);
            return;
        }

        var table = new TextTable("Bucket", "Created");
        foreach (var bucket in listing.Buckets)
        {
            table.Add(bucket.Name, Timestamps.Show(bucket.Created));
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
    }

    private void Show(bool json, ObjectsJson listing)
    {
        if (json)
        {
            JsonOutput.Write(Terminal, listing);
            return;
        }

        var table = new TextTable("Key", ">Size", "Updated", "Type");
        foreach (var prefix in listing.Prefixes)
        {
            table.Add(prefix, "-", "-", "(prefix)");
        }

        foreach (var item in listing.Objects)
        {
            table.Add(item.Key, ByteSize.Show(item.Size), Timestamps.Show(item.Updated), item.ContentType);
        }

        table.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
    }
}
