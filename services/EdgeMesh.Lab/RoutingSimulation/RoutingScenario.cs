namespace EdgeMesh.Lab.RoutingSimulation;

/// <summary>What happens to a mesh while clients call it.</summary>
public enum RoutingScenario
{
    /// <summary>The nearest node's process is killed.</summary>
    Kill,

    /// <summary>The nearest node hangs: it takes everything and answers nothing.</summary>
    BlackHole,

    /// <summary>Two calls in a hundred take fifty times as long, at every node.</summary>
    Stragglers,

    /// <summary>Every node becomes twenty times as slow.</summary>
    Overload,

    /// <summary>A thousand clients, all nearest to one node that can serve half of what they ask.</summary>
    Herd,
}
