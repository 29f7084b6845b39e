using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Objects;

/// <summary><c>edgemesh mb</c>.</summary>
internal sealed class MakeBucketCommand : CliCommand
{
    private readonly Argument<string> _bucket = CliOption.Argument<string>("BUCKET", "Its name: 3 to 63 of a-z, 0-9, '-' and '.'.", ObjectPath.TryReadBucket);
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TargetOptions _target;

    /// <summary>Creates the command.</summary>
    public MakeBucketCommand(Terminal terminal)
        : base("mb", "Makes a bucket. One that is there already is left as it is.", ["edgemesh mb pictures", "edgemesh mb pictures --to http://127.0.0.1:6401"], terminal)
    {
        Add(_bucket);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(BucketJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = _target.Connect(parsed);
        var client = new ObjectStoreService.ObjectStoreServiceClient(connection.Channel);
        var request = new CreateBucketRequest { Bucket = parsed.GetRequiredValue(_bucket) };
        var (response, _) = await connection.CallAsync(options => client.CreateBucketAsync(request, options), cancellationToken);
        JsonOutput.WriteOrLine(Terminal, parsed.GetValue(_json), BucketJson.Of(response.Bucket), $"bucket {response.Bucket.Name}, created {Timestamps.Show(response.Bucket.CreateTime?.ToDateTimeOffset())}");

        return ExitCodes.Success;
    }
}
