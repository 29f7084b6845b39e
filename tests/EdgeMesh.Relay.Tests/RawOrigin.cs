using System.Buffers;
using System.Net;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Relay.Tests;

/// <summary>An origin that does what a test's delegate says, byte by byte, on a port of its own.</summary>
internal sealed class RawOrigin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _calls;

    private RawOrigin(WebApplication app)
    {
        _app = app;
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>Calls that have come in.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public static async Task<RawOrigin> StartAsync(RequestDelegate handler)
    {
        var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, 0), null, logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.FromSeconds(1)).Build();
        var origin = new RawOrigin(app);
        app.Run(async context =>
        {
            Interlocked.Increment(ref origin._calls);
            await handler(context);
        });
        await app.StartAsync();
        origin.Address = NodeHost.GetAddress(app);
        return origin;
    }

    /// <summary>An origin that answers every unary call with the request's message and the given response headers.</summary>
    public static Task<RawOrigin> StartEchoAsync(params (string Name, string Value)[] headers) => StartAsync(async context =>
    {
        var body = await ReadAllAsync(context);
        await AnswerAsync(context, body, headers);
    });

    /// <summary>Waits until so many calls have come in.</summary>
    public async Task WaitForCallsAsync(int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Calls < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"only {Calls} of {count} calls have come");
            await Task.Yield();
        }
    }

    /// <summary>Answers with a body, status 0 and headers.</summary>
    public static async Task AnswerAsync(HttpContext context, byte[] body, params (string Name, string Value)[] headers)
    {
        context.Response.ContentType = "application/grpc";
        foreach (var (name, value) in headers)
        {
            context.Response.Headers.Append(name, value);
        }

        await context.Response.BodyWriter.WriteAsync(body);
        context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }

    public static async Task<byte[]> ReadAllAsync(HttpContext context)
    {
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory);
        return memory.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>Length-prefixed messages for tests.</summary>
internal static class Frames
{
    public static byte[] Of(ReadOnlySpan<byte> message, bool isCompressed = false)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, isCompressed, (uint)message.Length);
        message.CopyTo(frame.AsSpan(MessageFrame.HeaderSize));
        return frame;
    }

    public static byte[] Of(string message) => Of(System.Text.Encoding.UTF8.GetBytes(message));

    public static string Text(byte[] frame) => System.Text.Encoding.UTF8.GetString(frame.AsSpan(MessageFrame.HeaderSize));
}
