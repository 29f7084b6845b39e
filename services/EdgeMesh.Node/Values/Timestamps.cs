using System.Globalization;

namespace EdgeMesh.Node.Values;

/// <summary>Times for people: UTC, to the second, as ISO 8601 writes them.</summary>
internal static class Timestamps
{
    /// <summary><c>2026-01-31 23:59:59Z</c>; a dash for none.</summary>
    public static string Show(DateTimeOffset? time) => time?.ToString("u", CultureInfo.InvariantCulture) ?? "-";
}
