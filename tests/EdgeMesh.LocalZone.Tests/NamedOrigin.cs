using System.Net;
using System.Text;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone.Tests;

/// <summary>A gRPC server of <c>shop.v1.Catalog</c> that answers every call with its own name, which may be cached for an hour where the call asks for that.</summary>
internal sealed class NamedOrigin : IAsyncDisposable
{
    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
    private static readonly Method<string, string> Get = new(MethodType.Unary, "shop.v1.Catalog", "Get", Text, Text);

    private readonly WebApplication _app;

    private NamedOrigin(WebApplication app) => (_app, Address) = (app, NodeHost.GetAddress(app));

    /// <summary>What asks for an answer that may be cached.</summary>
    public const string Cacheable = "cacheable";

    public Uri Address { get; }

    /// <summary>Starts it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="port">0: any free one.</param>
    public static async Task<NamedOrigin> StartAsync(string name, int port = 0)
    {
        var app = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, port), null, logging => logging.SetMinimumLevel(LogLevel.None), TimeSpan.FromSeconds(1)).Build();
        app.Run(context => AnswerAsync(context, name));
        await app.StartAsync();
        return new(app);
    }

    /// <summary>Calls the service at a node; tells who answered, and the headers.</summary>
    public static async Task<(string Origin, Metadata Headers)> CallAsync(Uri node, string message = "")
    {
        using var channel = GrpcChannel.ForAddress(node);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(Get, null, new CallOptions(deadline: DateTime.UtcNow + TestDeadline.Default), message);
        return (await call.ResponseAsync, await call.ResponseHeadersAsync);
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private static async Task AnswerAsync(HttpContext context, string name)
    {
        using var request = new MemoryStream();
        await context.Request.Body.CopyToAsync(request);
        context.Response.ContentType = "application/grpc";
        if (Encoding.UTF8.GetString(request.ToArray().AsSpan(MessageFrame.HeaderSize)) == Cacheable)
        {
            context.Response.Headers.CacheControl = "public, max-age=3600";
            context.Response.Headers["surrogate-key"] = "shoes";

            // No origin can say what its answer is as-of.
            context.Response.Headers["x-edgemesh-as-of"] = "1.999999";
        }

        var frame = new byte[MessageFrame.HeaderSize + name.Length];
        MessageFrame.WriteHeader(frame, false, (uint)name.Length);
        Encoding.UTF8.GetBytes(name, frame.AsSpan(MessageFrame.HeaderSize));
        await context.Response.BodyWriter.WriteAsync(frame);
        context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
    }
}
