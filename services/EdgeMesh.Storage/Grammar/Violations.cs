using System.Globalization;
using System.Text;

namespace EdgeMesh.Storage.Grammar;

/// <summary>Collects what is wrong with a request, so that a caller learns all of it at once.</summary>
/// <remarks>
/// Violations travel in HTTP/2 trailers, whose block should stay under 8 KiB, and quote what a peer sent: so both their number and the
/// quoted length are bounded. Not thread-safe.
/// </remarks>
internal sealed class Violations
{
    /// <summary>Most violations that are described one by one; with the quoted lengths below, about 3 KiB.</summary>
    internal const int MaxDescribed = 10;

    private const int MaxShownChars = 48;
    private const int MaxInMessage = 3;

    private readonly List<FieldViolation> _described = [];
    private int _count;

    /// <summary>Notes that a field breaks a rule.</summary>
    /// <param name="field">Its path.</param>
    /// <param name="rule">The rule with its limit: <c>must be 3 to 63 bytes</c>.</param>
    /// <param name="value">The value, or what matters of it: <c>is 2</c>.</param>
    internal void Add(string field, string rule, string value)
    {
        if (++_count <= MaxDescribed)
        {
            _described.Add(new FieldViolation(field, $"{rule}; {value}"));
        }
    }

    /// <summary>Notes a number outside its limits.</summary>
    internal void Add(string field, string rule, long value) => Add(field, rule, string.Create(CultureInfo.InvariantCulture, $"is {value}"));

    /// <summary>Fails when anything was noted.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/> with all that was noted.</exception>
    internal void ThrowIfAny()
    {
        if (_count > 0)
        {
            throw ToException();
        }
    }

    /// <summary>The fault that tells all that was noted.</summary>
    internal ObjectStoreException ToException()
    {
        var message = string.Join(". ", _described.Take(MaxInMessage).Select(one => $"{one.Field}: {one.Description}"));
        if (_count > MaxInMessage)
        {
            message += string.Create(CultureInfo.InvariantCulture, $". And {_count - MaxInMessage} more");
        }

        return new ObjectStoreException(ObjectStoreFault.InvalidArgument, message) { Violations = _described };
    }

    /// <summary>A value as it may be shown: in quotes, cut, without control characters.</summary>
    internal static string Shown(string value) => $"is \"{Clean(value)}\"{(value.Length > MaxShownChars ? "..." : "")}";

    /// <summary>A name inside a field path or a message, cut and cleaned like a value.</summary>
    internal static string Named(string name) => Clean(name) + (name.Length > MaxShownChars ? "..." : "");

    private static string Clean(string value)
    {
        var text = new StringBuilder();
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, MaxShownChars)))
        {
            _ = char.IsControl(c) || char.IsSurrogate(c) || c is '"' or '\\'
                ? text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : text.Append(c);
        }

        return text.ToString();
    }
}
