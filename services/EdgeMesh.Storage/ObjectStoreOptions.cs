using EdgeMesh.Storage.Grammar;
using EdgeMesh.Storage.Log;

namespace EdgeMesh.Storage;

/// <summary>What a user says of an object store. Immutable.</summary>
public sealed class ObjectStoreOptions
{
    /// <summary>
    /// What reads declare where the object has no <c>cache-control</c> of its own: <c>public, max-age=60</c>.
    /// Public, because an answer of the store does not depend on who asks; one minute, because that is how long a reader at an edge
    /// may see the object as it was before an overwrite.
    /// </summary>
    public const string StandardCacheControl = "public, max-age=60";

    /// <summary>The directory that holds everything: metadata, bodies, lock. Created when missing; one process at a time uses it.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The <c>cache-control</c> of objects that have none of their own: a field value of up to 256 bytes (RFC 9111 section 5.2). Empty: none is declared. Default <see cref="StandardCacheControl"/>.</summary>
    public string DefaultCacheControl { get; init; } = StandardCacheControl;

    /// <summary>What is kept of the log.</summary>
    public LogRetention LogRetention { get; init; } = new();

    /// <summary>What is wrong with a <see cref="DefaultCacheControl"/>, to follow its name; null: nothing.</summary>
    public static string? FindCacheControlViolation(string value)
    {
        var violations = new Violations();
        CheckedSpec.CheckCacheControl(nameof(DefaultCacheControl), value, violations);
        return violations.ToException().Violations is [var first, ..] ? first.Description : null;
    }
}
