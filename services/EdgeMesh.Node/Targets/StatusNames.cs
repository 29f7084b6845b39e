using System.Text.RegularExpressions;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>gRPC status codes by the names that every language's documentation uses: <c>NOT_FOUND</c>.</summary>
internal static partial class StatusNames
{
    /// <summary>A code's canonical name; a number that has none stays a number.</summary>
    public static string Of(StatusCode code) =>
        code == StatusCode.OK ? "OK" : WordStart().Replace(code.ToString(), "_").ToUpperInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
