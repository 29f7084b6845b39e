using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh rb</c>.</summary>
internal sealed class RemoveBucketCommand : CliCommand
{
    private readonly Argument<string> _bucket = CliOption.Argument<string>("BUCKET", "Its name.", ObjectPath.TryReadBucket);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public RemoveBucketCommand(Terminal terminal)
        : base("rb", "Removes an empty bucket.", ["edgemesh rb pictures", "edgemesh rm pictures --recursive && edgemesh rb pictures"], terminal)
    {
        Add(_bucket);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(RemovedJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new ObjectStoreService.ObjectStoreServiceClient(connection.Channel);
        var request = new DeleteBucketRequest { Bucket = parsed.GetRequiredValue(_bucket) };
        await connection.CallAsync(options => client.DeleteBucketAsync(request, options), cancellationToken);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), new RemovedJson([request.Bucket]), $"removed bucket {request.Bucket}");

        return ExitCodes.Success;
    }
}
