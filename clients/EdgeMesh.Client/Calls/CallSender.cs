using EdgeMesh.Client.Hedging;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Client.Nodes;
using EdgeMesh.Client.Telemetry;

namespace EdgeMesh.Client.Calls;

/// <summary>Sends a call to a node of the pool, and to another where that is right.</summary>
/// <remarks>
/// A unary call is a <see cref="HeldCall"/>, if what it sends is short enough to be held. Everything else, streams and methods of which nothing is known, is a <see cref="PassingCall"/>.
/// Stateless but for the budgets; thread-safe.
/// </remarks>
internal sealed class CallSender(NodePool pool, EdgeMeshClientOptions options, ClientMeters meters)
{
    private readonly NodeTrust _trust = new(pool);
    private readonly RetryBudget _retries = new();
    private readonly HedgeBudget _hedges = new(options.HedgeShare);

    /// <summary>Sends a call.</summary>
    /// <param name="request">The caller's, which stays the caller's.</param>
    /// <param name="method">What is known of its method.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>The answer of a node; or UNAVAILABLE, naming the nodes that could not be reached.</returns>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, MethodFacts method, CancellationToken cancellationToken)
    {
        var deadline = new CallDeadline(request, options.TimeProvider);
        _retries.Earn();
        if (!method.IsUnary)
        {
            return SendAsync(request, (null, request.Content), method, deadline, cancellationToken);
        }

        // A message is there at once, as a rule: then nothing waits here.
        var reading = HeldBody.ReadAsync(request.Content, options.MaxHeldBytes, cancellationToken);
        return reading.IsCompletedSuccessfully ? SendAsync(request, reading.Result, method, deadline, cancellationToken) : SendLaterAsync();

        async Task<HttpResponseMessage> SendLaterAsync() =>
            await SendAsync(request, await reading.ConfigureAwait(false), method, deadline, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, (ReadOnlyMemory<byte>? Whole, HttpContent? Passing) body, MethodFacts method, CallDeadline deadline, CancellationToken cancellationToken)
    {
        var route = new CallRoute(pool, _trust, options, meters, request);
        return body.Whole is { } held
            ? new HeldCall(request, held, method, route, deadline, _trust, _retries, _hedges, options, meters, cancellationToken).SendAsync()
            : new PassingCall(request, body.Passing, method.Name, route, deadline, _trust, meters, cancellationToken).SendAsync();
    }
}
