using System.CommandLine;
using System.IO.Compression;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Storage.Backup;

namespace EdgeMesh.Node.Operate;

/// <summary><c>edgemesh restore</c>.</summary>
internal sealed class RestoreCommand : CliCommand
{
    // RFC 1952, section 2.3.1.
    private static readonly byte[] GzipMark = [0x1f, 0x8b];

    private readonly Argument<string> _file = CliOption.Argument<string>("FILE", "What edgemesh backup wrote; gzip is recognised.", PlainText.TryRead);
    private readonly Option<string> _data = CliOption.RequiredText("--data", "DIR", "The new Region's data directory: empty, or created.");
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public RestoreCommand(Terminal terminal)
        : base(
            "restore",
            "Makes a Region's data directory from a backup. Every digest is checked; an archive that is cut or altered is refused, and nothing is left of it. Tokens are not in a backup: make new ones.",
            ["edgemesh restore backup.tar --data ./region-data && edgemesh region --name eu-west-2 --data ./region-data"],
            terminal)
    {
        Add(_file);
        Add(_data);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(BackupJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(_file);
        await using var archive = Open(file);
        using var progress = new ProgressLine(Terminal, TimeProvider.System);
        var head = await StoreRestore.RunAsync(archive, parsed.GetRequiredValue(_data), head => progress.Begin("restore", head.BodyBytes), progress, cancellationToken);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), BackupJson.Of(head), $"restored {head.Region} as of {Timestamps.Show(head.Time)}: {head.Objects} objects, {ByteSize.Show((ulong)head.BodyBytes)}");

        return ExitCodes.Success;
    }

    private static Stream Open(string file)
    {
        try
        {
            var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = 1 << 16, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            var mark = new byte[GzipMark.Length];
            var isGzip = stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false) == mark.Length && mark.AsSpan().SequenceEqual(GzipMark);
            stream.Position = 0;
            return isGzip ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CliException($"FILE '{file}': {FailureMessage.OneLine(exception)}", inner: exception);
        }
    }
}
