namespace EdgeMesh.Introspection;

/// <summary>How messages become JSON and back.</summary>
public sealed record ProtoJsonOptions
{
    /// <summary>The options that apply when none are given.</summary>
    public static ProtoJsonOptions Default { get; } = new();

    /// <summary>Writes fields without presence, lists and maps also when they have their default. Off by default.</summary>
    public bool EmitDefaults { get; init; }

    /// <summary>Writes <c>unit_price</c> rather than <c>unitPrice</c>. Off by default; both are read.</summary>
    public bool PreserveFieldNames { get; init; }

    /// <summary>Writes with line breaks and two spaces. Off by default.</summary>
    public bool Indented { get; init; }

    /// <summary>Skips names that the message type lacks, instead of failing. Off by default.</summary>
    public bool IgnoreUnknownFields { get; init; }

    /// <summary>Messages within messages. 100: the limit of protobuf's own parsers.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Bytes of one message, read or written, in either form. 64 MiB.</summary>
    public int MaxBytes { get; init; } = 64 * 1024 * 1024;
}
