using EdgeMesh.Wire;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>gRPC status codes by the names that every language's documentation uses: <c>NOT_FOUND</c>.</summary>
internal static class StatusNames
{
    /// <summary>A code's canonical name; a number that has none stays a number.</summary>
    public static string Of(StatusCode code) => Enum.IsDefined(code) ? Wire.StatusNames.Of((GrpcStatusCode)code) : code.ToString();
}
