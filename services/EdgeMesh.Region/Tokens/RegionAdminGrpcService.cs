using EdgeMesh.Admin;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Region.Topology;
using EdgeMesh.Relay;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Backup;
using EdgeMesh.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Region.Tokens;

/// <summary>Serves <c>edgemesh.v1.AdminService</c> at a Region: what every node answers, tokens and backups.</summary>
/// <remarks>Thread-safe; who may call is <see cref="AccessRules"/>'s to say.</remarks>
internal sealed class RegionAdminGrpcService(
    TokenStore tokens, ObjectStore store, TopologyOptions options, NodeDrain drain, NodeConfiguration configuration, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<RegionAdminGrpcService> log)
    : AdminGrpcService(drain, configuration)
{
    private const int MaxNoteChars = 100;

    /// <inheritdoc/>
    public override Task Backup(BackupRequest request, IServerStreamWriter<BackupResponse> responseStream, ServerCallContext context) =>
        BackupCall.AnswerAsync(store, options.RegionName, responseStream, time, lifetime.ApplicationStopping, context);

    /// <inheritdoc/>
    public override Task<CreateTokenResponse> CreateToken(CreateTokenRequest request, ServerCallContext context)
    {
        if (request.Role == TokenRole.Unspecified || !Enum.IsDefined(request.Role))
        {
            throw Fault(StatusCode.InvalidArgument, $"role must be TOKEN_ROLE_READER, TOKEN_ROLE_EDGE or TOKEN_ROLE_ADMIN; is {(int)request.Role}");
        }

        if (request.Note.Length > MaxNoteChars || request.Note.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw Fault(StatusCode.InvalidArgument, $"note must be up to {MaxNoteChars} printable ASCII characters; is {NodeNames.Quote(request.Note)}");
        }

        if (tokens.Create((Role)request.Role, request.Note) is not var (text, info))
        {
            throw Fault(StatusCode.ResourceExhausted, $"there are {TokenStore.MaxTokens} tokens, which is the limit: revoke one");
        }

        log.TokenCreated(info.Id, ((Role)info.Role).Show());
        return Task.FromResult(new CreateTokenResponse { Info = info, Token = text });
    }

    /// <inheritdoc/>
    public override Task<ListTokensResponse> ListTokens(ListTokensRequest request, ServerCallContext context)
    {
        var response = new ListTokensResponse();
        response.Tokens.AddRange(tokens.List());
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<RevokeTokenResponse> RevokeToken(RevokeTokenRequest request, ServerCallContext context)
    {
        switch (tokens.Revoke(request.Id, out var info))
        {
            case RevokeOutcome.NotFound:
                throw Fault(StatusCode.NotFound, $"no token has the id {NodeNames.Quote(request.Id)}");
            case RevokeOutcome.FromFile:
                throw Fault(StatusCode.FailedPrecondition, $"the token {request.Id} is that of --edge-token-file: write another into the file");
            default:
                log.TokenRevoked(info!.Id, ((Role)info.Role).Show());
                return Task.FromResult(new RevokeTokenResponse { Info = info });
        }
    }

    private static RpcException Fault(StatusCode code, string message) => new(new Status(code, message));
}
