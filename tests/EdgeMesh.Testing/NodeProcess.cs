namespace EdgeMesh.Testing;

/// <summary>A node as a process of its own: the executable <c>edgemesh</c>, which must lie beside the running tests.</summary>
/// <remarks>A project that refers to EdgeMesh.Node has it there. Thread-safe.</remarks>
public sealed class NodeProcess : IAsyncDisposable
{
    private const string AdminWord = "admin ";
    private const string ReadyWord = "ready ";

    private NodeProcess(ChildProcess process, Uri address, Uri adminAddress)
    {
        Process = process;
        Address = address;
        AdminAddress = adminAddress;
    }

    /// <summary>The process.</summary>
    public ChildProcess Process { get; }

    /// <summary>Where the node listens.</summary>
    public Uri Address { get; }

    /// <summary>Where the node is administered.</summary>
    public Uri AdminAddress { get; }

    /// <summary>Starts a Region on a free port.</summary>
    /// <param name="dataDirectory">Where it keeps its data.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<NodeProcess> StartRegionAsync(string dataDirectory, params string[] more) =>
        StartAsync(["region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", dataDirectory, .. more]);

    /// <summary>Starts an edge location on a free port.</summary>
    /// <param name="region">Its Region, on this machine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<NodeProcess> StartEdgeAsync(NodeProcess region, string name, params string[] more) =>
        StartEdgeAsync(region.Address, region.AdminAddress, name, more);

    /// <summary>Starts an edge location on a free port.</summary>
    /// <param name="region">Where its Region takes calls.</param>
    /// <param name="regionAdmin">Where its Region is joined.</param>
    /// <param name="name">Its name.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<NodeProcess> StartEdgeAsync(Uri region, Uri regionAdmin, string name, params string[] more) =>
        StartAsync(["edge", "--name", name, "--region", region.GetLeftPart(UriPartial.Authority), "--region-admin", regionAdmin.GetLeftPart(UriPartial.Authority), "--listen", "127.0.0.1:0", .. more]);

    /// <summary>Starts a Local Zone on a free port.</summary>
    /// <param name="region">Its Region, on this machine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<NodeProcess> StartZoneAsync(NodeProcess region, string name, params string[] more) =>
        StartZoneAsync(region.Address, region.AdminAddress, name, more);

    /// <summary>Starts a Local Zone on a free port.</summary>
    /// <param name="region">Where its Region takes calls.</param>
    /// <param name="regionAdmin">Where its Region is joined.</param>
    /// <param name="name">Its name.</param>
    /// <param name="more">Further arguments.</param>
    public static Task<NodeProcess> StartZoneAsync(Uri region, Uri regionAdmin, string name, params string[] more) =>
        StartAsync(["zone", "--name", name, "--region", region.GetLeftPart(UriPartial.Authority), "--region-admin", regionAdmin.GetLeftPart(UriPartial.Authority), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", .. more]);

    /// <summary>Starts a sidecar on a free port, which learns the mesh from these nodes.</summary>
    public static Task<NodeProcess> StartSidecarAsync(params NodeProcess[] nodes) =>
        StartAsync(["route", "--mesh", string.Join(',', nodes.Select(node => node.Address.GetLeftPart(UriPartial.Authority))), "--listen", "127.0.0.1:0"]);

    /// <summary>Starts a node and waits until it says that it takes calls: <c>admin LHR50-1 http://127.0.0.1:6501</c>, <c>ready LHR50-1 http://127.0.0.1:6401</c>.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds what it wrote.</exception>
    public static Task<NodeProcess> StartAsync(params string[] arguments) => StartAsync(new Dictionary<string, string?>(), arguments);

    /// <summary>The same, with variables of its own.</summary>
    public static async Task<NodeProcess> StartAsync(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var process = ChildProcess.Start(DotNetHost.Path, [System.IO.Path.Combine(AppContext.BaseDirectory, "edgemesh.dll"), .. arguments], environment);
        try
        {
            var admin = await process.WaitForLineAsync(l => l.StartsWith(AdminWord, StringComparison.Ordinal));
            var ready = await process.WaitForLineAsync(l => l.StartsWith(ReadyWord, StringComparison.Ordinal));
            return new NodeProcess(process, new Uri(ready.Split(' ')[2]), new Uri(admin.Split(' ')[2]));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts any command of the executable.</summary>
    public static ChildProcess Start(params string[] arguments) =>
        ChildProcess.Start(DotNetHost.Path, [System.IO.Path.Combine(AppContext.BaseDirectory, "edgemesh.dll"), .. arguments]);

    /// <summary>Fails when the node logged an error that matches none of <paramref name="expected"/>.</summary>
    /// <exception cref="InvalidOperationException">It lists the lines.</exception>
    public void AssertNoUnexpectedErrors(params Func<string, bool>[] expected)
    {
        // "2026-01-01T00:00:00.000Z fail: Category[1] message": the console logger's words for Error and Critical.
        var unexpected = Process.Errors
            .Where(l => l.Contains("Z fail: ", StringComparison.Ordinal) || l.Contains("Z crit: ", StringComparison.Ordinal))
            .Where(l => !expected.Any(e => e(l)))
            .ToList();
        if (unexpected.Count > 0)
        {
            throw new InvalidOperationException($"Unexpected errors in the node's log:\n{string.Join('\n', unexpected)}");
        }
    }

    /// <summary>Kills the node, and whatever it started.</summary>
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
