using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Node.Values;

/// <summary>The address of a node or server: <c>http://127.0.0.1:6401</c>, <c>https://edge.example</c>, or <c>host:port</c> for cleartext.</summary>
internal static class TargetAddress
{
    /// <summary>Reads an address. No path, query or credentials: gRPC methods are the path.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out Uri value, out string error)
    {
        error = "want http://HOST:PORT, https://HOST:PORT or HOST:PORT";
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(full, UriKind.Absolute, out value)
            || value.Scheme is not ("http" or "https")
            || value.Host.Length == 0
            || value.AbsolutePath != "/"
            || value.Query.Length > 0
            || value.Fragment.Length > 0
            || value.UserInfo.Length > 0)
        {
            value = null;
            return false;
        }

        return true;
    }

    /// <summary>Without the slash at its end, as people type it; a socket file as <c>unix:///path</c>.</summary>
    public static string Show(Uri address) => address.Scheme is "unix" ? address.AbsoluteUri : address.GetLeftPart(UriPartial.Authority);
}
