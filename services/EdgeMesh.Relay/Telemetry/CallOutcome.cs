namespace EdgeMesh.Relay.Telemetry;

/// <summary>How a node came by the answer to a call.</summary>
public enum CallOutcome
{
    /// <summary>Ended before it went anywhere: malformed, a control method at an edge, or its caller left before its request was whole.</summary>
    Refused,

    /// <summary>Answered from the store without waiting for anyone.</summary>
    Hit,

    /// <summary>Could have been answered from the store, and asked upstream.</summary>
    Miss,

    /// <summary>Waited for a fill that another call had begun, and ended with it: by its answer, its failure, or its own going.</summary>
    Coalesced,

    /// <summary>Relayed without a look into the store: streams, large requests, every relayed call of a node without a store.</summary>
    Bypass,

    /// <summary>Answered by this node's own services.</summary>
    Local,
}
