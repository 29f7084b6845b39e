using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgeMesh.Admin;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Node.Servers;
using EdgeMesh.Node.Values;
using EdgeMesh.Region;

namespace EdgeMesh.Node.Up;

/// <summary>Names and ports of a mesh on one machine.</summary>
internal static class MeshPlan
{
    /// <summary>Most edge locations of one <c>up</c>: beyond it a machine measures its own scheduler.</summary>
    public const int MostEdges = 24;

    /// <summary>The Region's name.</summary>
    public const string RegionName = "eu-west-2";

    /// <summary>Most Local Zones of one <c>up</c>.</summary>
    public const int MostZones = 6;

    /// <summary>The group of all of its Local Zones.</summary>
    public const string ZoneGroup = RegionName + "-man-1";

    /// <summary>Where the Region stands: its name says it to people only.</summary>
    private const string RegionPlace = "LHR";

    private const string ExitOnStdinClose = "--exit-on-stdin-close";

    /// <summary>Who stops a mesh on his own machine does not want to wait for long calls.</summary>
    private const string ShutdownTimeout = "5s";

    /// <summary>Where the Local Zones stand.</summary>
    private const string ZonePlace = "MAN";

    /// <summary>Airports near large exchanges, by which edge locations are named.</summary>
    private static readonly string[] Airports = ["LHR", "CDG", "FRA", "AMS", "DUB", "MAD", "MXP", "ARN", "WAW", "VIE", "ZRH", "CPH"];

    /// <summary>Name of an edge location: <c>LHR50-1</c>, <c>CDG50-1</c>, ..., then <c>LHR50-2</c>.</summary>
    /// <param name="index">From 0.</param>
    public static string EdgeName(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{Airports[index % Airports.Length]}50-{(index / Airports.Length) + 1}");

    /// <summary>Name of a Local Zone: <c>eu-west-2-man-1a</c>, <c>eu-west-2-man-1b</c>, ...</summary>
    /// <param name="index">From 0.</param>
    public static string ZoneName(int index) => $"{ZoneGroup}{(char)('a' + index)}";

    /// <summary>Ports of the Region and of the edges: the wanted ones, and for each that is taken the next free one.</summary>
    /// <param name="first">The Region's data port, the edges' follow, and the admin ports follow from <see cref="AdminListenerOptions.PortDistance"/> above it; 0: the system chooses all of them.</param>
    /// <param name="count">How many nodes, the Region included.</param>
    /// <exception cref="CommandLine.CliException">Too few ports are free above <paramref name="first"/>.</exception>
    /// <remarks>Another process may take a port between this look and the node's start: the node then says so.</remarks>
    public static IReadOnlyList<NodePorts> ChoosePorts(int first, int count)
    {
        if (first == 0)
        {
            return [.. Enumerable.Repeat(new NodePorts(0, 0), count)];
        }

        var data = Choose(first, count, first, []);
        var admin = Choose(first + AdminListenerOptions.PortDistance, count, first, data);
        return [.. data.Zip(admin, (one, other) => new NodePorts(one, other))];
    }

    /// <summary>The command line of the Region.</summary>
    public static IReadOnlyList<string> RegionArguments(string name, NodePorts ports, string dataDirectory, IReadOnlyList<OriginOptions> origins) =>
        ["region", "--name", name, "--listen", Listen(ports.Data), "--admin-listen", Listen(ports.Admin), "--data", dataDirectory, "--position", RegionPlace, .. Jurisdiction(RegionPlace), .. OriginArguments.Show(origins), "--shutdown-timeout", ShutdownTimeout, ExitOnStdinClose];

    /// <summary>What a Region's command line has besides when there are Local Zones: their group is opted into, and the greeter runs there as well.</summary>
    public static IReadOnlyList<string> RegionZoneArguments(SelfProgram program) => ["--zone-group", ZoneGroup, "--workloads", GreeterWorkload(program, replicas: 1)];

    /// <summary>The command line of a Local Zone, with two replicas of the greeter placed in it.</summary>
    public static IReadOnlyList<string> ZoneArguments(string name, NodePorts ports, ChildAddresses region, ByteSize cacheBytes, string dataDirectory, SelfProgram program) =>
        ["zone", "--name", name, "--region", TargetAddress.Show(region.Data), "--region-admin", TargetAddress.Show(region.Admin), "--listen", Listen(ports.Data), "--admin-listen", Listen(ports.Admin), "--data", Path.Combine(dataDirectory, name), "--cache-bytes", cacheBytes.ToString(), "--position", ZonePlace, .. Jurisdiction(ZonePlace), "--workloads", GreeterWorkload(program, replicas: 2), "--shutdown-timeout", ShutdownTimeout, ExitOnStdinClose];

    /// <summary>The command line of an edge location.</summary>
    public static IReadOnlyList<string> EdgeArguments(string name, NodePorts ports, ChildAddresses region, ByteSize cacheBytes) =>
        ["edge", "--name", name, "--region", TargetAddress.Show(region.Data), "--region-admin", TargetAddress.Show(region.Admin), "--listen", Listen(ports.Data), "--admin-listen", Listen(ports.Admin), "--cache-bytes", cacheBytes.ToString(), .. Jurisdiction(name), "--shutdown-timeout", ShutdownTimeout, ExitOnStdinClose];

    /// <summary>The same command line for a person, whose terminal should not end the node.</summary>
    public static IEnumerable<string> ByHand(IEnumerable<string> arguments) => arguments.Where(argument => argument != ExitOnStdinClose);

    /// <summary>The country of a location code. Positions need no option: edges have them by their names.</summary>
    private static string[] Jurisdiction(string code) => LocationCodes.Find(code) is { } location ? ["--jurisdiction", location.CountryCode] : [];

    /// <summary>This program's own greeter as a workload: it is there wherever this program is.</summary>
    private static string GreeterWorkload(SelfProgram program, int replicas) => new JsonObject
    {
        ["name"] = "greeter",
        ["services"] = "demo.v1.",
        ["command"] = new JsonArray([.. program.LeadingArguments.Prepend(program.FileName).Append("greeter").Select(word => JsonValue.Create(word))]),
        ["replicas"] = replicas,
        ["reflection"] = true,
        ["health-interval"] = "250ms",
    }.ToJsonString();

    private static List<int> Choose(int from, int count, int first, IReadOnlyList<int> taken)
    {
        var ports = new List<int>();
        for (var port = from; ports.Count < count; port++)
        {
            if (port > IPEndPoint.MaxPort)
            {
                throw new CommandLine.CliException($"--port {first}: not enough free ports from there up");
            }

            if (!taken.Contains(port) && IsFree(port))
            {
                ports.Add(port);
            }
        }

        return ports;
    }

    private static string Listen(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>The ports of one node.</summary>
/// <param name="Data">For callers.</param>
/// <param name="Admin">For who administers it.</param>
internal sealed record NodePorts(int Data, int Admin);
