namespace EdgeMesh.Benchmarks.Peers;

/// <summary>The same replicas for every balancer.</summary>
internal static class BalancedReplicas
{
    /// <summary>How many of them stand behind a peer of <c>servers</c>.</summary>
    public const int Count = 3;

    /// <summary>The option <c>--workloads</c> of a node: they are known by address.</summary>
    public static string Describe(IEnumerable<Uri> replicas) =>
        $$"""{"name": "bench", "services": "bench.v1.", "slow-start": "0", "addresses": [{{string.Join(", ", replicas.Select(replica => $"\"{replica.GetLeftPart(UriPartial.Authority)}\""))}}]}""";

    /// <summary>The <c>http</c> block of an nginx.</summary>
    /// <param name="port">Where it listens.</param>
    /// <param name="method">How it chooses: <c>least_conn;</c>, or nothing for round robin.</param>
    /// <param name="replicas">Where they are.</param>
    public static string ConfigureNginx(int port, string method, IEnumerable<Uri> replicas) => $$"""
        upstream replicas { {{method}} {{string.Join(' ', replicas.Select(replica => $"server {replica.Authority};"))}} keepalive 256; keepalive_requests 1000000000; }
        server {
          listen 127.0.0.1:{{port}} http2;
          location / { grpc_pass grpc://replicas; }
        }
        """;
}
