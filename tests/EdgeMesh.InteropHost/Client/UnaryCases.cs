using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Unary calls without ado.</summary>
internal static class UnaryCases
{
    /// <summary>Payload of the standard large request.</summary>
    public const int RequestBytes = 271828;

    /// <summary>Payload of the standard large response.</summary>
    public const int ResponseBytes = 314159;

    public static async Task EmptyUnaryAsync(CaseContext context) =>
        Equal(0, (await context.Client.EmptyCallAsync(new Empty())).CalculateSize());

    public static async Task LargeUnaryAsync(CaseContext context)
    {
        var response = await context.Client.UnaryCallAsync(LargeRequest());
        Equal(Zeros(ResponseBytes), response.Payload);
    }

    public static SimpleRequest LargeRequest() => new() { ResponseSize = ResponseBytes, Payload = Zeros(RequestBytes) };
}
