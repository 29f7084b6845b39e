namespace EdgeMesh.Node.Values;

/// <summary>Text that stands for itself.</summary>
internal static class PlainText
{
    /// <summary>Takes any text.</summary>
    public static bool TryRead(string text, out string value, out string error)
    {
        value = text;
        error = "";
        return true;
    }
}
