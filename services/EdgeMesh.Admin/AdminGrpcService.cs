using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.V1;
using Grpc.Core;

namespace EdgeMesh.Admin;

/// <summary>Serves <c>edgemesh.v1.AdminService</c> as every node does; a Region's adds what only a Region keeps.</summary>
/// <remarks>Thread-safe; who may call is <see cref="Access.AccessRules"/>'s to say.</remarks>
/// <param name="drain">Takes the node out of service.</param>
/// <param name="configuration">The node's.</param>
public class AdminGrpcService(NodeDrain drain, NodeConfiguration configuration) : AdminService.AdminServiceBase
{
    /// <inheritdoc/>
    public override Task<DrainResponse> Drain(DrainRequest request, ServerCallContext context) =>
        Task.FromResult(new DrainResponse { Drained = drain.Begin().IsCompleted });

    /// <inheritdoc/>
    public override Task<GetConfigResponse> GetConfig(GetConfigRequest request, ServerCallContext context) => Task.FromResult(configuration.Read());

    /// <inheritdoc/>
    public override Task<ReloadResponse> Reload(ReloadRequest request, ServerCallContext context) => configuration.ReloadAsync(context.CancellationToken);

    /// <inheritdoc/>
    public override Task Backup(BackupRequest request, IServerStreamWriter<BackupResponse> responseStream, ServerCallContext context) => throw RegionOnly();

    /// <inheritdoc/>
    public override Task<CreateTokenResponse> CreateToken(CreateTokenRequest request, ServerCallContext context) => throw RegionOnly();

    /// <inheritdoc/>
    public override Task<ListTokensResponse> ListTokens(ListTokensRequest request, ServerCallContext context) => throw RegionOnly();

    /// <inheritdoc/>
    public override Task<RevokeTokenResponse> RevokeToken(RevokeTokenRequest request, ServerCallContext context) => throw RegionOnly();

    private static RpcException RegionOnly() => new(new Status(StatusCode.Unimplemented, "only a Region does this: ask its admin listener"));
}
