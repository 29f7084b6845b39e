using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgeMesh.V1;

namespace EdgeMesh.Relay;

/// <summary>How nodes are named: a Region <c>eu-west-2</c>, an edge location <c>LHR50-1</c>, a Local Zone <c>eu-west-2-man-1a</c>.</summary>
/// <remarks>The longest name has 43 characters, all ASCII. Stateless; thread-safe.</remarks>
public static partial class NodeNames
{
    /// <summary>What a Region's name must be, to complete a sentence that begins with the field's name.</summary>
    public const string RegionRule = "must be 2 or 3 words of 2 to 10 letters a-z and a number from 1 to 99, joined by '-', like eu-west-2";

    /// <summary>What an edge location's name must be.</summary>
    public const string EdgeLocationRule = "must be 3 letters A-Z, a number from 1 to 999, '-' and a number from 1 to 999, like LHR50-1";

    /// <summary>What a Local Zone's name must be.</summary>
    public const string LocalZoneRule = "must be its Region's name, '-', 3 letters a-z, '-', a number from 1 to 99 and a letter a-z, like eu-west-2-man-1a";

    /// <summary>What the name of a group of Local Zones must be.</summary>
    public const string ZoneGroupRule = "must be its Region's name, '-', 3 letters a-z, '-' and a number from 1 to 99, like eu-west-2-man-1";

    private const string RegionPattern = "[a-z]{2,10}(-[a-z]{2,10}){1,2}-[1-9][0-9]?";
    private const string ZoneGroupPattern = RegionPattern + "-[a-z]{3}-[1-9][0-9]?";
    private const int MaxShownChars = 48;

    /// <summary>Whether a name is a Region's.</summary>
    public static bool IsRegion(string name) => Region().IsMatch(name);

    /// <summary>Whether a name is an edge location's.</summary>
    public static bool IsEdgeLocation(string name) => EdgeLocation().IsMatch(name);

    /// <summary>Whether a name is a Local Zone's.</summary>
    public static bool IsLocalZone(string name) => LocalZone().IsMatch(name);

    /// <summary>Whether a name is that of a group of Local Zones.</summary>
    public static bool IsZoneGroup(string name) => ZoneGroup().IsMatch(name);

    /// <summary>The group that a Local Zone belongs to by its name, as in AWS: <c>eu-west-2-man-1</c> of <c>eu-west-2-man-1a</c>.</summary>
    /// <param name="zone">A Local Zone's name.</param>
    public static string ZoneGroupOf(string zone) => zone[..^1];

    /// <summary>The Region that a Local Zone, or a group of them, belongs to: <c>eu-west-2</c>.</summary>
    /// <param name="name">By its grammar.</param>
    public static string ParentOf(string name) => string.Join('-', name.Split('-')[..^2]);

    /// <summary>What is wrong with a name for a node of a kind.</summary>
    /// <returns>Null when it is right; else the rule and the value: <c>must be ..., like LHR50-1; is "lhr"</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such kind.</exception>
    public static string? FindViolation(NodeKind kind, string name)
    {
        var (isRight, rule) = kind switch
        {
            NodeKind.Region => (IsRegion(name), RegionRule),
            NodeKind.EdgeLocation => (IsEdgeLocation(name), EdgeLocationRule),
            NodeKind.LocalZone => (IsLocalZone(name), LocalZoneRule),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A node is a Region, an edge location or a Local Zone."),
        };
        return isRight ? null : $"{rule}; is {Quote(name)}";
    }

    /// <summary>A peer's text as it may stand in a message: in quotes, cut to 48 characters, printable ASCII only.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, MaxShownChars)))
        {
            _ = c is >= ' ' and <= '~' and not ('"' or '\\') ? text.Append(c) : text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return text.Append(value.Length > MaxShownChars ? "\"..." : "\"").ToString();
    }

    [GeneratedRegex(@"\A" + RegionPattern + @"\z")]
    private static partial Regex Region();

    [GeneratedRegex(@"\A[A-Z]{3}[1-9][0-9]{0,2}-[1-9][0-9]{0,2}\z")]
    private static partial Regex EdgeLocation();

    [GeneratedRegex(@"\A" + ZoneGroupPattern + @"[a-z]\z")]
    private static partial Regex LocalZone();

    [GeneratedRegex(@"\A" + ZoneGroupPattern + @"\z")]
    private static partial Regex ZoneGroup();
}
