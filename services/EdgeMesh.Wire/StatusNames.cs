namespace EdgeMesh.Wire;

/// <summary>Status codes as telemetry writes them: <c>DEADLINE_EXCEEDED</c>, the names of the specification.</summary>
public static class StatusNames
{
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>A code's name; UNKNOWN for a number that is none.</summary>
    public static string Of(GrpcStatusCode status) => (uint)status < (uint)Names.Length ? Names[(int)status] : Names[(int)GrpcStatusCode.Unknown];
}
