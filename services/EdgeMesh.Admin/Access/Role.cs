using EdgeMesh.V1;

namespace EdgeMesh.Admin.Access;

/// <summary>What the holder of a credential may do. Each role may do what those before it may.</summary>
public enum Role
{
    /// <summary>May read: metrics, configuration, who is in the mesh.</summary>
    Reader = TokenRole.Reader,

    /// <summary>May join the mesh as a node.</summary>
    Edge = TokenRole.Edge,

    /// <summary>May change anything.</summary>
    Admin = TokenRole.Admin,
}

/// <summary>Roles in words.</summary>
public static class RoleNames
{
    /// <summary><c>admin</c>, <c>edge</c>, <c>reader</c>.</summary>
    public static string Show(this Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Edge => "edge",
        _ => "reader",
    };

    /// <summary>Reads what <see cref="Show"/> writes; any other is false.</summary>
    public static bool TryRead(string text, out Role role)
    {
        role = text switch
        {
            "admin" => Role.Admin,
            "edge" => Role.Edge,
            _ => Role.Reader,
        };
        return text == role.Show();
    }
}
