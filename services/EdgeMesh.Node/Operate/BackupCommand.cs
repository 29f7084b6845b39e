using System.CommandLine;
using System.IO.Compression;
using System.Security.Cryptography;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Objects;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Node.Operate;

/// <summary><c>edgemesh backup</c>.</summary>
internal sealed class BackupCommand : CliCommand
{
    private const string StandardOutput = "-";

    private readonly Option<string> _out = CliOption.RequiredText("--out", "FILE", "The archive, a tar file; compressed when its name ends in .gz; -: standard output.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly AdminTargetOptions _target;

    /// <summary>Creates the command.</summary>
    public BackupCommand(Terminal terminal)
        : base(
            "backup",
            "Copies a Region's data while it runs: everything that was acknowledged before is in it, as of one point in time. The file appears once it is whole. Tokens and configuration are not in it.",
            [
                "edgemesh backup --out backup.tar",
                "edgemesh backup --to https://region.example:6400 --token-file ./admin-token --out backup.tar.gz",
                "edgemesh backup --out - | gzip > backup.tar.gz",
            ],
            terminal)
    {
        Add(_out);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(BackupJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(_out);
        var json = parsed.GetValue(_json);
        if (json && path == StandardOutput)
        {
            throw new CliException("--json: name a file with --out; standard output is for the JSON", ExitCodes.Usage);
        }

        using var connection = _target.Connect(parsed);
        await using var file = path == StandardOutput ? null : new DownloadFile(path);
        var result = await connection.StreamAsync(options => ReceiveAsync(connection, options, () => Open(file, path), cancellationToken), cancellationToken);
        if (file is not null)
        {
            await file.KeepAsync(cancellationToken);
        }

        if (json)
        {
            JsonOutput.Write(Terminal, result);
        }
        else
        {
            await Terminal.Error.WriteLineAsync($"backed up {result.Region} as of {Timestamps.Show(result.Time)}: {result.Objects} objects, {ByteSize.Show((ulong)result.BodyBytes)}, to {path}");
        }

        return ExitCodes.Success;
    }

    private Stream Open(DownloadFile? file, string path) => file is null
        ? Terminal.OutputBytes
        : path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file.Open(), CompressionLevel.Fastest, leaveOpen: true) : file.Open();

    // 1. What is coming. 2. The archive, its digest taken on the way. 3. What it should have been.
    private async Task<BackupJson> ReceiveAsync(TargetConnection connection, CallOptions options, Func<Stream> open, CancellationToken cancellationToken)
    {
        using var call = new AdminService.AdminServiceClient(connection.Channel).Backup(new BackupRequest(), options);
        using var progress = new ProgressLine(Terminal, TimeProvider.System);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BackupResponse.Types.Info? info = null;
        BackupResponse.Types.End? end = null;
        Stream? sink = null;
        var received = 0L;
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            switch (part.PartCase)
            {
                case BackupResponse.PartOneofCase.Info:
                    info = part.Info;
                    sink = open();
                    progress.Begin("backup", (long)info.BodyBytes);
                    break;
                case BackupResponse.PartOneofCase.Chunk when sink is not null:
                    hash.AppendData(part.Chunk.Span);
                    await sink.WriteAsync(part.Chunk.Memory, cancellationToken);
                    received += part.Chunk.Length;
                    progress.Report(Math.Min(received, (long)info!.BodyBytes));
                    break;
                case BackupResponse.PartOneofCase.End:
                    end = part.End;
                    break;
            }
        }

        if (sink is GZipStream)
        {
            await sink.DisposeAsync();
        }
        else if (sink is not null)
        {
            await sink.FlushAsync(cancellationToken);
        }

        var sha256 = hash.GetHashAndReset();
        return info is not null && end is not null && (long)end.SizeBytes == received && end.Sha256.Span.SequenceEqual(sha256)
            ? new BackupJson(info.Region, info.Time.ToDateTimeOffset(), (long)info.Objects, (long)info.BodyBytes, received, Convert.ToHexStringLower(sha256))
            : throw new CliException("the archive did not arrive whole; it was not kept.");
    }
}
