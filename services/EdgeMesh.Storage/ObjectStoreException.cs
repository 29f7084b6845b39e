namespace EdgeMesh.Storage;

/// <summary>One field that is at fault.</summary>
/// <param name="Field">Its path in the request: <c>spec.metadata[color]</c>. For an unmet condition, the condition: <c>IF_MATCH</c>.</param>
/// <param name="Description">The limit and the value that breaks it.</param>
public sealed record FieldViolation(string Field, string Description);

/// <summary>The object store did not do what it was asked. The message is fit for callers: it names no path and no statement.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>Creates a fault.</summary>
    /// <param name="fault">Why.</param>
    /// <param name="message">One sentence for the caller.</param>
    /// <param name="cause">What failed below, for the log; never sent.</param>
    public ObjectStoreException(ObjectStoreFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    /// <summary>Why.</summary>
    public ObjectStoreFault Fault { get; }

    /// <summary>The fields, or conditions, at fault; empty where the fault is of another kind.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; init; } = [];

    /// <summary>True where a commit failed midway: what it would have written may still appear after a restart.</summary>
    internal bool OutcomeUnknown { get; init; }

    /// <summary>The fault of a call that outlived its store.</summary>
    internal static ObjectStoreException Closed() => new(ObjectStoreFault.Unavailable, "The object store is closed");
}
