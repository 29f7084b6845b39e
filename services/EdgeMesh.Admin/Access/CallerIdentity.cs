namespace EdgeMesh.Admin.Access;

/// <summary>Who asks, as far as his credential says. A feature of the request once the gate has let it pass.</summary>
/// <param name="Role">What he may do.</param>
/// <param name="NodeName">The node that his client certificate was made for; null: the credential names none.</param>
/// <param name="IsInService">Whether the credential is still good: asked again by streams that outlive it.</param>
public sealed record CallerIdentity(Role Role, string? NodeName, Func<bool> IsInService)
{
    /// <summary>Who needs no credential: a caller on the same machine, on an admin listener on loopback.</summary>
    public static CallerIdentity Local { get; } = new(Role.Admin, null, static () => true);
}
