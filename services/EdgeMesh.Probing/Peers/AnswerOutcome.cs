namespace EdgeMesh.Probing.Peers;

/// <summary>What became of an answer.</summary>
public enum AnswerOutcome
{
    /// <summary>Its round trip counts.</summary>
    Measured,

    /// <summary>It came over a connection that its probe had opened: the next one will measure.</summary>
    Warmed,

    /// <summary>Nobody waits for it: it is late, a second one, or made up.</summary>
    Unasked,

    /// <summary>Another node gave it, or its round trip cannot be true: the probe counts as lost.</summary>
    Implausible,
}
