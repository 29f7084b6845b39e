using System.Buffers;

namespace EdgeMesh.Storage.Grammar;

/// <summary>The grammar of bucket names: 3 to 63 of a-z, 0-9, '-' and '.', and what the proto adds.</summary>
internal static class BucketName
{
    /// <summary>Notes every rule that a name breaks.</summary>
    internal static void Check(string field, string name, Violations violations)
    {
        if (name.Length is < ObjectLimits.BucketNameMinBytes or > ObjectLimits.BucketNameMaxBytes)
        {
            violations.Add(field, $"must be {ObjectLimits.BucketNameMinBytes} to {ObjectLimits.BucketNameMaxBytes} bytes", name.Length);
        }

        if (!name.AsSpan().ContainsAnyExcept(Allowed))
        {
            CheckShape(field, name, violations);
        }
        else
        {
            violations.Add(field, "must be of a-z, 0-9, '-' and '.'", Violations.Shown(name));
        }
    }

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private static void CheckShape(string field, string name, Violations violations)
    {
        if (name.Length > 0 && !(char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])))
        {
            violations.Add(field, "must begin and end with a letter or digit", Violations.Shown(name));
        }

        if (name.Contains("..", StringComparison.Ordinal))
        {
            violations.Add(field, "must not have two dots in a row", Violations.Shown(name));
        }

        if (IsShapedLikeAddress(name))
        {
            violations.Add(field, "must not be shaped like an IPv4 address", Violations.Shown(name));
        }
    }

    private static bool IsShapedLikeAddress(string name)
    {
        var parts = 0;
        foreach (var part in name.AsSpan().Split('.'))
        {
            var digits = name.AsSpan(part);
            if (digits.Length is < 1 or > 3 || digits.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }
}
