using Grpc.Core;
using Grpc.Testing;
using static EdgeMesh.InteropHost.Client.CaseContext;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Statuses, and the text with them.</summary>
internal static class StatusCases
{
    private const string PlainMessage = "test status message";
    private const string SpecialMessage = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n";

    public static async Task StatusCodeAndMessageAsync(CaseContext context)
    {
        await UnaryEndsAsync(context, PlainMessage);

        using var call = context.Client.FullDuplexCall();
        var ended = await EndsWithAsync(StatusCode.Unknown, async () =>
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = Status(PlainMessage) });
            await call.RequestStream.CompleteAsync();
            await call.ResponseStream.MoveNext();
        });
        Equal(PlainMessage, ended.Status.Detail);
    }

    public static Task SpecialStatusMessageAsync(CaseContext context) => UnaryEndsAsync(context, SpecialMessage);

    public static Task UnimplementedMethodAsync(CaseContext context) =>
        EndsWithAsync(StatusCode.Unimplemented, () => context.Client.UnimplementedCallAsync(new Empty()).ResponseAsync);

    public static Task UnimplementedServiceAsync(CaseContext context) =>
        EndsWithAsync(StatusCode.Unimplemented, () => context.Unimplemented.UnimplementedCallAsync(new Empty()).ResponseAsync);

    private static async Task UnaryEndsAsync(CaseContext context, string message)
    {
        var ended = await EndsWithAsync(
            StatusCode.Unknown, () => context.Client.UnaryCallAsync(new SimpleRequest { ResponseStatus = Status(message) }).ResponseAsync);
        Equal(message, ended.Status.Detail);
    }

    private static EchoStatus Status(string message) => new() { Code = (int)StatusCode.Unknown, Message = message };
}
