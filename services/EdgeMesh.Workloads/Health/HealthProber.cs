using System.Globalization;
using System.Net.Sockets;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace EdgeMesh.Workloads.Health;

/// <summary>What a probe found.</summary>
/// <param name="Fault">Why the replica is unwell; null: it is well.</param>
/// <param name="IsLate">Whether no answer came in time: it may be busy.</param>
internal readonly record struct ProbeResult(string? Fault, bool IsLate = false);

/// <summary>Asks one replica how it is, on a connection of its own.</summary>
/// <remarks>One probe at a time. gRPC health checking protocol, <c>grpc.health.v1</c>.</remarks>
internal sealed class HealthProber(WorkloadOptions options, Uri address, TimeProvider time) : IDisposable
{
    private readonly GrpcChannel? _channel = options.Health == HealthProbe.Tcp ? null : GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = UpstreamHandler.Create(), DisposeHttpClient = true });

    /// <summary>Asks. Never fails.</summary>
    public async Task<ProbeResult> ProbeAsync()
    {
        using var limit = new CancellationTokenSource(options.HealthTimeout, time);
        try
        {
            return _channel is null ? await ConnectAsync(limit.Token).ConfigureAwait(false) : await CheckAsync(_channel, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Late();
        }
    }

    public void Dispose() => _channel?.Dispose();

    private async Task<ProbeResult> CheckAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            var client = new Grpc.Health.V1.Health.HealthClient(channel);
            var answer = await client.CheckAsync(new HealthCheckRequest { Service = options.HealthService }, new CallOptions(cancellationToken: cancellationToken)).ResponseAsync.ConfigureAwait(false);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? default : new($"answers its health check with {answer.Status.ToString().ToUpperInvariant()}");
        }
        catch (RpcException fault) when (cancellationToken.IsCancellationRequested && fault.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            return Late();
        }
        catch (RpcException fault) when (fault.StatusCode == StatusCode.Unimplemented && options.Health == HealthProbe.Auto && fault.Trailers is not null && IsAnswered(fault))
        {
            // It has no health service, and said so in gRPC.
            return default;
        }
        catch (RpcException fault)
        {
            return new(IsRefused(fault)
                ? "takes no connection: connection refused"
                : string.Create(CultureInfo.InvariantCulture, $"answers its health check with {StatusNames.Of((GrpcStatusCode)fault.StatusCode)}: {fault.Status.Detail.ReplaceLineEndings(" ")}"));
        }
    }

    private async Task<ProbeResult> ConnectAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken).ConfigureAwait(false);
            return default;
        }
        catch (SocketException fault)
        {
            return new($"takes no connection: {fault.Message}");
        }
    }

    // A status that the client made up of an HTTP 404 is no gRPC server's.
    private static bool IsAnswered(RpcException fault) => !fault.Status.Detail.Contains("HTTP", StringComparison.Ordinal);

    // Nobody listens: no answer, though the client makes a status of it.
    private static bool IsRefused(RpcException fault) => fault.StatusCode == StatusCode.Unavailable && fault.Status.Detail.Contains("refused", StringComparison.OrdinalIgnoreCase);

    private ProbeResult Late() => new(string.Create(CultureInfo.InvariantCulture, $"did not answer its health check within {options.HealthTimeout.TotalSeconds:0.###} s"), IsLate: true);
}
