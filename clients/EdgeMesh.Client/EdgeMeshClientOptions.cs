using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using EdgeMesh.Client.Mesh;
using EdgeMesh.Latency.Positions;

namespace EdgeMesh.Client;

/// <summary>How a client finds and calls a mesh. Read once, when the handler is made.</summary>
public sealed record EdgeMeshClientOptions
{
    /// <summary>Nodes to ask who is in the mesh, any of which will do, in order: <c>http://127.0.0.1:6401</c> or <c>https://...</c>, host and port and nothing else. 1 to 64.</summary>
    public required IReadOnlyList<Uri> Bootstrap { get; init; }

    /// <summary>Where this client is, as a first guess of which nodes are near; null: not known. A wrong one costs probes, no more.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>
    /// Makes the handler of the connections to a node, given its address; disposed of with the <see cref="EdgeMeshHandler"/>, or sooner if the node leads nowhere. Default: <see cref="CreateDefaultHandler"/>.
    /// For TLS with an authority of one's own: that one, with <see cref="SocketsHttpHandler.SslOptions"/>.
    /// </summary>
    public Func<Uri, HttpMessageHandler> CreateHandler { get; init; } = _ => CreateDefaultHandler();

    /// <summary>Longest wait for a node to say who is in the mesh, above zero, up to a minute. Default 5 s.</summary>
    public TimeSpan BootstrapTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the node that takes the calls is probed, 10 ms to a minute. Default 200 ms: the third probe after an event is missed within a second of it, with a tenth of that to spare.</summary>
    public TimeSpan HomeProbeInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the others are, at least as long, up to an hour. Default 10 s.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A probe without an answer for so long, and three round trips more, is missed. 10 ms to a minute. Default 250 ms.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Most bytes of a unary call's request, and of its answer, that are held so that the call can be sent again; beyond, it passes once. 0 to 64 MiB. Default 4 MiB + 64 KiB.</summary>
    public int MaxHeldBytes { get; init; } = (4 * 1024 * 1024) + (64 * 1024);

    /// <summary>Most tries of a call, 1 to 10. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>
    /// Most calls that are sent to a second node because the first takes longer than 95 in 100 calls there do, as a share of those that may be: unary ones without side effects. 0 to 1; 0: none. Default 0.05.
    /// </summary>
    public double HedgeShare { get; init; } = 0.05;

    /// <summary>
    /// A file that keeps what the client last knew of the mesh, so that it finds nodes when it starts again and no bootstrap address answers. It is replaced whole; what cannot be read in it is as none, and what
    /// cannot be written is let go. Calls go to the addresses in it: keep it where only this program writes. Null: none. Default: null.
    /// </summary>
    public string? CacheFile { get; init; }

    /// <summary>Has calls of one key go to one node; null: calls go to the home. Default: null.</summary>
    public StickyOptions? Sticky { get; init; }

    /// <summary>Makes the meter <c>EdgeMesh.Client</c>; null: one is made beside it, and ends with the handler. Default: null.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>The clock of everything. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Draws among equals. Default: the process's shared one. Must be thread-safe.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>A handler without cookies, proxy and redirects, which notices within 15 s that the other end is dead; may be adjusted.</summary>
    public static SocketsHttpHandler CreateDefaultHandler() => new()
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),

        // Streams that rest, such as the watch, have no probes of their own.
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    /// <summary>Throws unless all are in range.</summary>
    /// <exception cref="ArgumentException">It lists every fault, one a line.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        Check(Bootstrap is { Count: >= 1 and <= 64 }, $"{nameof(Bootstrap)}: must be 1 to 64 addresses; are {Bootstrap?.Count ?? 0}");
        foreach (var address in Bootstrap ?? [])
        {
            Check(address is not null && MeshReader.IsAddress(address), $"{nameof(Bootstrap)}: must be http or https, a host and a port, and nothing else; is \"{address}\"");
        }

        CheckTime(nameof(BootstrapTimeout), BootstrapTimeout, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
        CheckTime(nameof(HomeProbeInterval), HomeProbeInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        CheckTime(nameof(ProbeInterval), ProbeInterval, HomeProbeInterval, TimeSpan.FromHours(1));
        CheckTime(nameof(ProbeTimeout), ProbeTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Check(MaxHeldBytes is >= 0 and <= 64 * 1024 * 1024, $"{nameof(MaxHeldBytes)}: must be 0 to 67108864 bytes; is {MaxHeldBytes}");
        Check(MaxAttempts is >= 1 and <= 10, $"{nameof(MaxAttempts)}: must be 1 to 10; is {MaxAttempts}");
        Check(HedgeShare is >= 0 and <= 1, string.Create(CultureInfo.InvariantCulture, $"{nameof(HedgeShare)}: must be 0 to 1; is {HedgeShare}"));
        Check(CacheFile is null or { Length: > 0 }, $"{nameof(CacheFile)}: must be a path; is empty");
        Sticky?.Validate(faults);
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join('\n', faults));
        }

        void CheckTime(string name, TimeSpan value, TimeSpan least, TimeSpan most) => Check(value >= least && value <= most, $"{name}: must be {least} to {most}; is {value}");

        void Check(bool isRight, string fault)
        {
            if (!isRight)
            {
                faults.Add(fault);
            }
        }
    }
}
