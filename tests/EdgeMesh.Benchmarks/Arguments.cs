using System.Globalization;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.Benchmarks.Report;

namespace EdgeMesh.Benchmarks;

/// <summary>What the command <c>servers</c> was asked for.</summary>
internal sealed record Arguments(IReadOnlyList<Peer> Peers, IReadOnlyList<int> Sizes, Schedule Schedule, bool IsJson)
{
    /// <summary>What <c>--help</c> says.</summary>
    public const string Usage = """
        Measures EdgeMesh and what people use now on this machine, in one run: calls per second of one core and
        processor time per call under saturating load (h2load), and latency at half of that at a steady rate.

          dotnet run -c Release --project tests/EdgeMesh.Benchmarks -- servers [options]

        Options
          --peer NAME        only these peers; the first of each kind is its yardstick (default: all)
                             that have the answer: kestrel, nghttpd, generated, varnish, nginx-cache, edgemesh-hit, edgemesh-policy
                             that ask another:     nginx-grpc, edgemesh-relay, edgemesh-miss, edgemesh-sidecar, nginx-least-conn, edgemesh-workload
          --size SIZE        only these sizes, 1B to 3MiB (default: 100B, 1KiB, 64KiB, 3MiB)
          --rounds N         rounds of measurement, every peer and size in each (default 5)
          --seconds N        seconds per run (default 5)
          --warm-up N        seconds of load on each peer before the first round (default 24)
          --latency-rounds N rounds of steady load; 0: none (default 3)
          --quick            unless said otherwise: 2 rounds of 2 s, 4 s of warm-up, 1 round of latency, sizes 1KiB and 64KiB
          --json             print the result as JSON
          --help             print this

        Others: store, store-soak, the store alone; probing, what nodes' probes of each other cost; failover, what callers see when nodes die or hang;
        routing, the client; identities, a million calls that must not cross; policy-push, how soon nodes follow a policy;
        workloads, what balancing, Local Zones and changes under load cost; each with its own --help.

        Examples
          -- servers                                                everything, about half an hour
          -- servers --peer kestrel --peer edgemesh-hit --size 1KiB --latency-rounds 0
          -- servers --peer nginx-grpc --peer edgemesh-sidecar --size 1KiB
          -- servers --quick --json

        It needs Linux, taskset (Debian: util-linux), h2load (nghttp2-client) and two cores that nothing else uses. Peers
        that are not installed are named and left out: nghttpd (nghttp2-server), nginx (nginx-light), varnishd (varnish), ghz.
        Progress goes to standard error. Everything it starts ends with it.
        Exit code: 0 measured, 1 a peer failed, 2 wrong arguments or a missing tool.
        """;

    private static readonly Func<Peer>[] All =
    [
        () => new BareKestrel(), () => new Nghttpd(), () => new GeneratedService(), () => new Varnish(), () => new NginxCache(), () => new EdgeMeshHit(), () => new EdgeMeshHit(hasPolicy: true),
        () => new NginxGrpcPass(), () => new EdgeMeshRelay(), () => new EdgeMeshMiss(), () => new EdgeMeshSidecar(), () => new NginxLeastConn(), () => new EdgeMeshWorkload(),
    ];

    /// <summary>Reads what follows <c>servers</c>.</summary>
    /// <param name="fault">What is wrong, for a person to read; null: nothing.</param>
    public static Arguments Parse(ReadOnlySpan<string> args, out string? fault)
    {
        var known = All.Select(make => make()).ToList();
        var (peers, sizes) = (new List<Peer>(), new List<int>());
        var isQuick = args.Contains("--quick");
        var (rounds, seconds, warmUp, latencyRounds) = isQuick ? (2, 2, 4, 1) : (5, 5, 24, 3);
        int[] defaultSizes = isQuick ? [1 << 10, 64 << 10] : [100, 1 << 10, 64 << 10, 3 << 20];
        var isJson = false;
        fault = null;
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--json": isJson = true; continue;
                case "--quick": continue;
                case "--peer" when known.Find(peer => peer.Name == value) is { } peer: peers.Add(peer); break;
                case "--size" when SizeText.TryParse(value, out var size): sizes.Add(size); break;
                case "--rounds" when TryCount(value, 1, out rounds): break;
                case "--seconds" when TryCount(value, 1, out seconds): break;
                case "--warm-up" when TryCount(value, 1, out warmUp): break;
                case "--latency-rounds" when TryCount(value, 0, out latencyRounds): break;
                default: fault = $"Wrong argument: {args[i]} {value}"; break;
            }

            i++;
        }

        return new Arguments(
            peers.Count > 0 ? [.. peers.Distinct()] : known,
            sizes.Count > 0 ? [.. sizes.Distinct()] : defaultSizes,
            new Schedule(rounds, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(warmUp), latencyRounds),
            isJson);
    }

    private static bool TryCount(string text, int least, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= 3600;
}
