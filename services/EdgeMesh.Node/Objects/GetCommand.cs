using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh get</c>.</summary>
internal sealed class GetCommand : CliCommand
{
    private const string StandardOutput = "-";

    private static readonly string[] TextTypes = ["text/", "application/json", "application/xml", "application/yaml", "application/javascript", "image/svg+xml"];

    private readonly Argument<ObjectPath> _object = CliOption.Argument<ObjectPath>("BUCKET/KEY", "The object.", ObjectPath.TryReadObject);
    private readonly Argument<string?> _file = CliOption.OptionalArgument<string>("FILE", "Where to write it; - or none: standard output.", PlainText.TryRead);
    private readonly Option<ByteRange?> _range = CliOption.Value<ByteRange>("--range", "RANGE", "Only these bytes: 0-99 the first hundred, 100- all after them, -500 the last 500.", ByteRangeText.TryRead);
    private readonly Option<bool> _verbose = CliOption.Flag("--verbose", "Say on standard error how the node came to the answer: hit or miss, age, time.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly ObjectConditionOptions _conditions;
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public GetCommand(Terminal terminal)
        : base(
            "get",
            "Fetches an object. Up to 4,128,768 bytes come in one call, which an edge location can cache; larger ones as a stream. The SHA-256 is checked.",
            [
                "edgemesh get demo/hello.txt",
                "edgemesh get demo/hello.txt --to http://127.0.0.1:6401 --verbose",
                "edgemesh get pictures/2026/photo.jpg photo.jpg --json",
                "edgemesh get backups/src.tar --range 0-511 head.bin",
            ],
            terminal)
    {
        _verbose.Aliases.Add("-v");
        Add(_object);
        Add(_file);
        Add(_range);
        _conditions = new(this);
        _target = new(this);
        Add(_verbose);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ObjectAnswerJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(_object);
        var file = parsed.GetValue(_file) ?? StandardOutput;
        var json = parsed.GetValue(_json);
        if (json && file == StandardOutput)
        {
            throw new CliException("--json: name a FILE for the content; standard output is for the JSON", ExitCodes.Usage);
        }

        using var connection = _target.Connect(parsed);
        await using var sink = file == StandardOutput ? null : new DownloadFile(file);
        using var progress = new ProgressLine(Terminal, TimeProvider.System);
        var (info, answer) = await new ObjectDownload(connection).FetchAsync(
            path.Bucket,
            path.Key,
            parsed.GetValue(_range),
            _conditions.Read(parsed),
            (found, sizeBytes) =>
            {
                if (sink is null)
                {
                    RefuseBinary(found, parsed.GetValue(_file));
                    return Terminal.OutputBytes;
                }

                progress.Begin(path.Key, (long)sizeBytes);
                return sink.Open();
            },
            progress,
            cancellationToken);
        if (sink is null)
        {
            await Terminal.OutputBytes.FlushAsync(cancellationToken);
        }
        else
        {
            await sink.KeepAsync(cancellationToken);
        }

        if (json)
        {
            JsonOutput.Write(Terminal, new ObjectAnswerJson(ObjectJson.Of(info), answer));
        }
        else if (parsed.GetValue(_verbose))
        {
            await Terminal.Error.WriteLineAsync(AnswerReader.Show(answer));
        }

        return ExitCodes.Success;
    }

    /// <summary>Keeps a picture from garbling the terminal of someone who did not ask for that.</summary>
    private void RefuseBinary(ObjectInfo info, string? file)
    {
        var isText = TextTypes.Any(type => info.ContentType.StartsWith(type, StringComparison.OrdinalIgnoreCase));
        if (Terminal.OutIsTerminal && file is null && !isText)
        {
            throw new CliException($"{info.Bucket}/{info.Key} is {info.ContentType}: name a FILE, or - to write it to the terminal all the same");
        }
    }
}
