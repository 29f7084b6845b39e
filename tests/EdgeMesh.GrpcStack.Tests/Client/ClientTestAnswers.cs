using System.Buffers;
using System.Globalization;
using System.Text;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.GrpcStack.Tests.Client;

/// <summary>The pieces that a scripted answer is put together from.</summary>
internal static class ClientTestAnswers
{
    /// <summary>A message's frame.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, false, (uint)message.Length);
        frame[0] = flag;
        message.CopyTo(frame, MessageFrame.HeaderSize);
        return frame;
    }

    /// <inheritdoc cref="Frame(byte[], byte)"/>
    public static byte[] Frame(string message) => Frame(Encoding.UTF8.GetBytes(message));

    /// <summary>Sends headers now.</summary>
    public static async Task BeginAsync(this HttpContext context)
    {
        context.Response.ContentType = HeaderNames.GrpcContentType;
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Sends bytes now, after headers.</summary>
    public static async Task SendAsync(this HttpContext context, byte[] bytes)
    {
        context.Response.ContentType ??= HeaderNames.GrpcContentType;
        await context.Response.Body.WriteAsync(bytes);
        await context.Response.Body.FlushAsync();
    }

    /// <summary>Sends one message.</summary>
    public static Task SendAsync(this HttpContext context, string message) => context.SendAsync(Frame(message));

    /// <summary>Ends the answer with trailers.</summary>
    public static async Task EndAsync(this HttpContext context, int status = 0, string? message = null, params (string Name, string Value)[] trailers)
    {
        await context.BeginIfNotBegunAsync();
        context.Response.AppendTrailer(HeaderNames.GrpcStatus, status.ToString(CultureInfo.InvariantCulture));
        if (message is not null)
        {
            context.Response.AppendTrailer(HeaderNames.GrpcMessage, message);
        }

        foreach (var (name, value) in trailers)
        {
            context.Response.AppendTrailer(name, value);
        }
    }

    /// <summary>Answers with one HEADERS frame.</summary>
    public static Task TrailersOnlyAsync(this HttpContext context, string status, string? message = null)
    {
        context.Response.ContentType = HeaderNames.GrpcContentType;
        context.Response.Headers[HeaderNames.GrpcStatus] = status;
        if (message is not null)
        {
            context.Response.Headers[HeaderNames.GrpcMessage] = message;
        }

        return Task.CompletedTask;
    }

    /// <summary>Resets the stream with an HTTP/2 error code.</summary>
    public static void Reset(this HttpContext context, int errorCode) => context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);

    /// <summary>Reads the next message as text; null at the end of the request.</summary>
    public static async Task<string?> ReceiveAsync(this HttpContext context)
    {
        var (_, message) = await context.ReceiveFrameAsync();
        return message is null ? null : Encoding.UTF8.GetString(message);
    }

    /// <summary>Reads the next message with its flag; a null message at the end of the request.</summary>
    public static async Task<(bool IsCompressed, byte[]? Message)> ReceiveFrameAsync(this HttpContext context)
    {
        while (true)
        {
            var result = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            var buffer = result.Buffer;
            if (MessageFrame.TryRead(ref buffer, int.MaxValue, out var header, out var message) == MessageFrameStatus.Complete)
            {
                var bytes = message.ToArray();
                context.Request.BodyReader.AdvanceTo(buffer.Start);
                return (header.IsCompressed, bytes);
            }

            context.Request.BodyReader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return (false, null);
            }
        }
    }

    /// <summary>The request's headers, to look at after the request.</summary>
    public static IHeaderDictionary CopyRequestHeaders(this HttpContext context) =>
        new HeaderDictionary(new Dictionary<string, StringValues>(context.Request.Headers, StringComparer.OrdinalIgnoreCase));

    /// <summary>Waits until the client gives up.</summary>
    public static async Task WaitForAbortAsync(this HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task.WaitAsync(TestDeadline.Default);
    }

    private static Task BeginIfNotBegunAsync(this HttpContext context) => context.Response.HasStarted ? Task.CompletedTask : context.BeginAsync();
}
