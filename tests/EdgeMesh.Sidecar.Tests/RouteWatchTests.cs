using EdgeMesh.Client;
using EdgeMesh.Testing;

namespace EdgeMesh.Sidecar.Tests;

public sealed class RouteWatchTests
{
    private readonly LogCollector _log = new();
    private IReadOnlyList<NodeStatus> _nodes = [];

    [Fact]
    public void Look_EachChange_IsOneLine()
    {
        using var watch = new RouteWatch(() => _nodes, new ManualTimeProvider(), _log.CreateLogger<RouteWatch>());
        watch.Look();
        Show(watch, Node("A", isHome: true), Node("B"));
        Show(watch, Node("A", isHome: true), Node("B"));
        Show(watch, Node("A") with { IsEjected = true, Fault = "connection refused" }, Node("B", isHome: true));
        Show(watch, Node("A") with { IsEjected = true }, Node("B", isHome: true) with { RoundTrip = null });
        Show(watch, Node("A"), Node("B", isHome: true) with { IsDraining = true });
        Show(watch, Node("A"), Node("B", isHome: true) with { IsDraining = true });
        Show(watch, Node("B", isHome: true) with { IsDraining = true });

        Assert.Equal(
            [
                "Calls go to A at http://a:1/, 1.5 ms away; 2 nodes are known",
                "A gets no calls: connection refused",
                "Calls go to B at http://b:1/, 1.5 ms away; 2 nodes are known",
                "A gets calls again",
                "B drains: it gets no new calls",
                "A is no longer in the mesh, or far behind others",
            ],
            _log.Lines.Select(line => line.Message));
    }

    private static NodeStatus Node(string name, bool isHome = false) =>
        new(name, new Uri($"http://{name}:1"), isHome, IsDraining: false, IsEjected: false, TimeSpan.FromMilliseconds(1.5), Served: null, FailureShare: 0, InFlight: 0, Fault: null);

    private void Show(RouteWatch watch, params NodeStatus[] nodes)
    {
        _nodes = nodes;
        watch.Look();
    }
}
