using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.AspNetCore.StaticFiles;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh put</c>.</summary>
internal sealed class PutCommand : CliCommand
{
    private const string StandardInput = "-";

    private readonly Argument<string> _local = CliOption.Argument<string>("LOCAL", "The file to store; -: standard input.", PlainText.TryRead);
    private readonly Argument<ObjectPath> _object = CliOption.Argument<ObjectPath>("BUCKET/KEY", "Where to store it. A key that ends in a slash, or none, gets the file's name added.", ObjectPath.TryReadPrefix);
    private readonly Option<string?> _contentType = CliOption.Text("--content-type", "TYPE", "Media type; default: by the key's ending.");
    private readonly Option<string?> _cacheControl = CliOption.Text("--cache-control", "VALUE", "How edges may cache it, as in HTTP (RFC 9111); default: the Region's.");
    private readonly Option<KeyValuePair<string, string>[]> _metadata = CliOption.Many<KeyValuePair<string, string>>("--metadata", "KEY=VALUE", "Metadata of your own.", KeyValue.TryRead);
    private readonly Option<string[]> _tags = CliOption.ManyTexts("--tag", "TAG", "A tag for invalidation.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly ObjectConditionOptions _conditions;
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public PutCommand(Terminal terminal)
        : base(
            "put",
            "Stores an object: a file or standard input. Its SHA-256 goes with it and is checked before it is stored.",
            [
                "edgemesh put photo.jpg pictures/2026/photo.jpg",
                "edgemesh put photo.jpg pictures/2026/ --cache-control 'public, max-age=3600' --tag album-7",
                "tar c src | edgemesh put - backups/src.tar --if-none-match '*'",
            ],
            terminal)
    {
        Add(_local);
        Add(_object);
        Add(_contentType);
        Add(_cacheControl);
        Add(_metadata);
        Add(_tags);
        _conditions = new(this);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(StoredJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var local = parsed.GetRequiredValue(_local);
        var spec = ReadSpec(parsed, local);
        await using var content = local == StandardInput ? Terminal.Input : Open(local);
        using var connection = _target.Connect(parsed);
        try
        {
            using var progress = new ProgressLine(Terminal, TimeProvider.System);
            progress.Begin(spec.Key, content.CanSeek ? content.Length : 0);
            var info = await new ObjectUpload(connection).SendAsync(spec, content, progress, cancellationToken);
            Report(parsed, info);
            return ExitCodes.Success;
        }
        catch (TargetException exception) when (exception.Status == StatusCode.NotFound)
        {
            throw new CliException($"{exception.Message} Create the bucket first: edgemesh mb {spec.Bucket}", inner: exception);
        }
    }

    private static FileStream Open(string local)
    {
        try
        {
            return File.OpenRead(local);
        }
        catch (UnauthorizedAccessException exception) when (Directory.Exists(local))
        {
            throw new CliException($"LOCAL '{local}': a directory; name a file", inner: exception);
        }
    }

    private ObjectSpec ReadSpec(ParseResult parsed, string local)
    {
        var path = parsed.GetRequiredValue(_object);
        var key = path.Key;
        if (key.Length == 0 || key.EndsWith('/'))
        {
            key = local == StandardInput
                ? throw new CliException($"BUCKET/KEY '{path}': standard input has no name: give the whole key", ExitCodes.Usage)
                : key + Path.GetFileName(local);
        }

        var spec = new ObjectSpec
        {
            Bucket = path.Bucket,
            Key = key,
            ContentType = parsed.GetValue(_contentType) ?? (new FileExtensionContentTypeProvider().TryGetContentType(key, out var known) ? known : ""),
            CacheControl = parsed.GetValue(_cacheControl) ?? "",
            Conditions = _conditions.Read(parsed),
        };
        foreach (var (name, value) in parsed.GetRequiredValue(_metadata))
        {
            if (!spec.Metadata.TryAdd(name, value))
            {
                throw new CliException($"--metadata '{name}': given twice", ExitCodes.Usage);
            }
        }

        spec.Tags.AddRange(parsed.GetRequiredValue(_tags));
        return spec;
    }

    private void Report(ParseResult parsed, ObjectInfo info)
    {
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), new StoredJson(ObjectJson.Of(info)), $"stored {info.Bucket}/{info.Key}, {ByteSize.Show(info.SizeBytes)}, generation {info.Generation}, etag {info.Etag}");
    }
}
