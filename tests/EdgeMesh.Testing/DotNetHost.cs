namespace EdgeMesh.Testing;

/// <summary>The <c>dotnet</c> program, to start others of our own with.</summary>
public static class DotNetHost
{
    /// <summary>Its path as the SDK that started this process says; without one, to be found on the PATH.</summary>
    public static string Path =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";
}
