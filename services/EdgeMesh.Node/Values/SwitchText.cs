namespace EdgeMesh.Node.Values;

/// <summary>What people write for yes and no in variables and files.</summary>
internal static class SwitchText
{
    /// <summary>Reads <c>1</c>, <c>true</c>, <c>yes</c>, <c>on</c> or <c>0</c>, <c>false</c>, <c>no</c>, <c>off</c>, in capitals or not.</summary>
    public static bool TryRead(string text, out bool value, out string error)
    {
        error = "want true or false";
        value = text.ToLowerInvariant() is "1" or "true" or "yes" or "on";
        return value || text.ToLowerInvariant() is "0" or "false" or "no" or "off";
    }
}
