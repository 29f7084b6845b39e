using EdgeMesh.Admin.Access;

namespace EdgeMesh.Node.Certificates;

/// <summary>What a certificate is for.</summary>
/// <param name="Name">As users write it.</param>
/// <param name="Role">The role that it opens as a client's; null: none.</param>
/// <param name="IsServer">Whether a node serves TLS with it.</param>
internal sealed record CertificatePurpose(string Name, Role? Role, bool IsServer)
{
    private static readonly CertificatePurpose[] All =
    [
        new("region", null, IsServer: true),
        new("edge", Admin.Access.Role.Edge, IsServer: true),
        new("admin", Admin.Access.Role.Admin, IsServer: false),
        new("reader", Admin.Access.Role.Reader, IsServer: false),
    ];

    /// <summary>Reads its name.</summary>
    public static bool TryRead(string text, out CertificatePurpose value, out string error)
    {
        error = "want region, edge, admin or reader";
        value = Array.Find(All, one => one.Name == text)!;
        return value is not null;
    }
}
