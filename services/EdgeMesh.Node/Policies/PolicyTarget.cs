using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;

namespace EdgeMesh.Node.Policies;

/// <summary>A Region's policies, as commands ask for them.</summary>
internal sealed class PolicyTarget(TargetConnection connection) : IDisposable
{
    private readonly PolicyService.PolicyServiceClient _client = new(connection.Channel);

    /// <summary>A version; 0: the one in force.</summary>
    public async Task<GetPolicyResponse> GetAsync(ulong version, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => _client.GetPolicyAsync(new GetPolicyRequest { Version = version }, options), cancellationToken)).Response;

    /// <summary>Versions, the latest first.</summary>
    public async Task<ListPolicyVersionsResponse> ListAsync(int count, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => _client.ListPolicyVersionsAsync(new ListPolicyVersionsRequest { PageSize = count }, options), cancellationToken)).Response;

    /// <summary>Puts a policy in force.</summary>
    /// <exception cref="TargetException">The call failed.</exception>
    public async Task<ApplyPolicyResponse> ApplyAsync(ApplyPolicyRequest request, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => _client.ApplyPolicyAsync(request, options), cancellationToken)).Response;

    /// <summary>What becomes of a call.</summary>
    public async Task<ExplainPolicyResponse> ExplainAsync(ExplainPolicyRequest request, CancellationToken cancellationToken) =>
        (await connection.CallAsync(options => _client.ExplainPolicyAsync(request, options), cancellationToken)).Response;

    /// <summary>What the Region found wrong in a policy, each with its path; none when the call failed for something else.</summary>
    public static IReadOnlyList<PolicyFault> ReadFaults(TargetException failure)
    {
        const string Prefix = "policy";
        var details = (failure.InnerException as RpcException)?.Trailers.FirstOrDefault(field => field.Key == "grpc-status-details-bin")?.ValueBytes;
        if (details is null || RpcStatus.Parser.ParseFrom(details).Details.FirstOrDefault(detail => detail.Is(BadRequest.Descriptor)) is not { } any)
        {
            return [];
        }

        return [.. any.Unpack<BadRequest>().FieldViolations.Where(violation => violation.Field.StartsWith(Prefix, StringComparison.Ordinal)).Select(violation => new PolicyFault(violation.Field[Prefix.Length..].TrimStart('.'), violation.Description))];
    }

    /// <summary>Tells faults one by one.</summary>
    public static void Tell(Terminal terminal, IEnumerable<ConfigurationFault> faults)
    {
        foreach (var fault in faults)
        {
            terminal.Error.WriteLine($"edgemesh: {fault}");
        }
    }

    /// <summary>Tells what is in force in another way than a policy says.</summary>
    public static void TellNotes(Terminal terminal, IEnumerable<string> notes)
    {
        foreach (var note in notes)
        {
            terminal.Error.WriteLine($"note: {FailureMessage.OneLine(note)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
