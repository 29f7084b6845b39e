using System.Text.RegularExpressions;
using EdgeMesh.Admin.Access;
using EdgeMesh.Introspection;
using EdgeMesh.Region.Log;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Storage;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Region.Policies;

/// <summary>Serves <c>edgemesh.v1.PolicyService</c>.</summary>
/// <remarks>Thread-safe; who may call is <see cref="AccessRules"/>'s to say.</remarks>
internal sealed partial class PolicyGrpcService(PolicyState state, RegionLog regionLog, ILogger<PolicyGrpcService> log) : PolicyService.PolicyServiceBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;
    private const int MaxNoteChars = 256;

    // As many, and as long, as a node takes of a call.
    private const int MaxFields = 1000;
    private const int MaxValueChars = 32 * 1024;
    private const int MaxMethodChars = 1024;

    // Four times what a request may have to be keyed (RelayOptions.MaxKeyedMessageBytes).
    private const int MaxJsonBytes = 256 * 1024;

    // All four bodies together stay below what a message of a node's own services may have, 4 MiB.
    private const int MaxBodyBytes = 512 * 1024;

    /// <inheritdoc/>
    public override Task<GetPolicyResponse> GetPolicy(GetPolicyRequest request, ServerCallContext context)
    {
        var current = state.Current;
        if (request.Version == 0 || request.Version == current.Version.Version)
        {
            var response = new GetPolicyResponse { Version = current.Version, Policy = current.Policy ?? new Policy() };
            response.Notes.Add(current.Notes);
            return Task.FromResult(response);
        }

        var entry = Entries(long.MaxValue, MaxPageSize).FirstOrDefault(entry => entry.Policy.Version == request.Version)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no policy {request.Version}: the one in force is {current.Version.Version}, and {MaxPageSize} are kept."));
        return Task.FromResult(new GetPolicyResponse { Version = PolicyState.VersionOf(entry), Policy = entry.Policy.Policy });
    }

    /// <inheritdoc/>
    public override async Task<ApplyPolicyResponse> ApplyPolicy(ApplyPolicyRequest request, ServerCallContext context)
    {
        // 1. What can be wrong with it by itself.
        var policy = request.Policy ?? throw Refuse([new PolicyFault("", "must be present")]);
        if (request.Note.Length > MaxNoteChars || request.Note.AsSpan().ContainsAnyInRange('\0', '\u001f'))
        {
            throw ArgumentFaults.ToRpcException([new() { Field = "note", Description = $"must have up to {MaxNoteChars} characters, none of them control characters; has {request.Note.Length}" }]);
        }

        if (PolicyRules.Check(policy) is { Count: > 0 } faults)
        {
            throw Refuse(faults);
        }

        // 2. What can be wrong with what is known of methods.
        try
        {
            var (inForce, isNew, unresolved) = await state.ApplyAsync(policy, request.HasBaseVersion ? request.BaseVersion : null, request.Note, request.ValidateOnly, context.CancellationToken);
            if (unresolved is null)
            {
                throw new RpcException(new Status(StatusCode.Aborted, $"The policy in force is {inForce.Version.Version}, not {request.BaseVersion}: somebody else has changed it."));
            }

            if (unresolved.Count > 0)
            {
                throw Refuse(unresolved);
            }

            if (isNew)
            {
                log.PolicyApplied(inForce.Version.Version, context.Peer, policy.Rules.Count);
            }

            var response = new ApplyPolicyResponse { Version = inForce.Version, Changed = isNew };
            response.Notes.Add(inForce.Notes);
            return response;
        }
        catch (ObjectStoreException fault)
        {
            throw FaultStatus.ToRpcException(fault);
        }
    }

    /// <inheritdoc/>
    public override Task<ListPolicyVersionsResponse> ListPolicyVersions(ListPolicyVersionsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw ArgumentFaults.ToRpcException([new() { Field = "page_size", Description = $"must be 0 to {MaxPageSize}; is {request.PageSize}" }]);
        }

        var response = new ListPolicyVersionsResponse();
        response.Versions.Add(Entries(long.MaxValue, MaxPageSize)
            .Where(entry => request.Before == 0 || entry.Policy.Version < request.Before)
            .Take(request.PageSize == 0 ? DefaultPageSize : request.PageSize)
            .Select(PolicyState.VersionOf));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<ExplainPolicyResponse> ExplainPolicy(ExplainPolicyRequest request, ServerCallContext context)
    {
        if (FindViolations(request) is { Count: > 0 } violations)
        {
            throw ArgumentFaults.ToRpcException(violations);
        }

        var types = state.Describe(request.Method);
        if (request.Json.Length > 0)
        {
            request = request.Clone();
            request.Message = ByteString.CopyFrom(ToWire(request, types));
        }

        var model = state.Current.Model;
        if (request.Policy is { } tried)
        {
            var resolution = PolicyRules.Check(tried) is { Count: > 0 } faults ? throw Refuse(faults) : state.Resolve(tried, state.Current.Version.Version + 1);
            model = resolution.Faults.Count > 0 ? throw Refuse(resolution.Faults) : new PolicyModel(resolution.Effective);
        }

        return Task.FromResult(PolicyExplainer.Explain(model, request, types is { IsUnary: false }));
    }

    private static byte[] ToWire(ExplainPolicyRequest request, MethodTypes? types)
    {
        if (types is null)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Nothing describes {request.Method}, and a message in JSON needs that: start the Region with --origin-reflection or --origin-descriptors."));
        }

        try
        {
            return new ProtoJson(options: new ProtoJsonOptions { MaxBytes = MaxJsonBytes }).ToWire(types.Request, request.Json);
        }
        catch (ProtoJsonException wrong)
        {
            throw ArgumentFaults.ToRpcException([new() { Field = "json", Description = wrong.Message }]);
        }
    }

    private static List<BadRequest.Types.FieldViolation> FindViolations(ExplainPolicyRequest request)
    {
        var violations = new List<BadRequest.Types.FieldViolation>();
        Check("method", request.Method.Length <= MaxMethodChars && Path().IsMatch(request.Method) ? null : $"must be a method like shop.v1.Catalog/GetProduct; is {NodeNames.Quote(request.Method)}");
        foreach (var (name, bytes) in new[] { ("message", request.Message), ("body", request.Body), ("answer.message", request.Answer?.Message ?? ByteString.Empty), ("answer.body", request.Answer?.Body ?? ByteString.Empty) })
        {
            Check(name, bytes.Length <= MaxBodyBytes ? null : $"must have up to {MaxBodyBytes} bytes; has {bytes.Length}");
        }

        Check("answer.http_status", request.Answer?.HttpStatus is null or 0 or (>= 200 and <= 999) ? null : $"must be from 200 to 999; is {request.Answer.HttpStatus}");
        foreach (var (name, fields) in new[] { ("metadata", request.Metadata), ("answer.metadata", request.Answer?.Metadata ?? []), ("answer.trailers", request.Answer?.Trailers ?? []) })
        {
            Check(name, fields.Count <= MaxFields ? null : $"must have up to {MaxFields} fields; has {fields.Count}");
            for (var i = 0; i < Math.Min(fields.Count, MaxFields); i++)
            {
                var isRight = fields[i].Name.Length is > 0 and <= 256 && fields[i].Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && fields[i].Value.Length <= MaxValueChars && fields[i].Value.All(c => c is (>= ' ' and <= '~') or (>= '\u0080' and <= '\u00ff'));
                Check($"{name}[{i}]", isRight ? null : $"must be a name of letters, digits, '-', '_' and '.', and a value of printable ASCII or Latin-1; is {NodeNames.Quote(fields[i].Name)}");
            }
        }

        return violations;

        void Check(string field, string? problem)
        {
            if (problem is not null)
            {
                violations.Add(new() { Field = field, Description = problem });
            }
        }
    }

    private static RpcException Refuse(IReadOnlyList<PolicyFault> faults) =>
        ArgumentFaults.ToRpcException([.. faults.Select(fault => new BadRequest.Types.FieldViolation { Field = fault.Path.Length == 0 ? "policy" : $"policy.{fault.Path}", Description = fault.Message })]);

    private IReadOnlyList<LogEntry> Entries(ulong before, int count)
    {
        try
        {
            return regionLog.OfKind(LogEntry.ChangeOneofCase.Policy, before, count);
        }
        catch (ObjectStoreException fault)
        {
            throw FaultStatus.ToRpcException(fault);
        }
    }

    /// <summary>What nodes take for a path: it reads the same to everyone on the way.</summary>
    [GeneratedRegex(@"\A[!-~-[/%?#*]]+/[!-~-[%?#*]]+\z")]
    private static partial Regex Path();
}
