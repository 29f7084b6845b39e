using System.Net;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Benchmarks;

/// <summary>The yardstick: a Kestrel handler that reads the request and answers with a fixed message, and does nothing else.</summary>
internal sealed class BareKestrel : Peer
{
    /// <summary>The hidden command that runs the server in a process of its own.</summary>
    public const string ServeCommand = "serve-bare";

    private const string ReadyPrefix = "listening on ";

    /// <inheritdoc/>
    public override string Name => "kestrel";

    /// <inheritdoc/>
    public override string Description => "bare Kestrel handler: reads the body; sends headers, one frame of 1 KiB, trailers";

    /// <summary>Serves until standard input ends.</summary>
    public static async Task<int> ServeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        await using var app = builder.Build();
        var answer = new byte[MessageFrame.HeaderSize + HitBenchmark.ContentBytes];
        MessageFrame.WriteHeader(answer, isCompressed: false, HitBenchmark.ContentBytes);
        app.Run(context => AnswerAsync(context, answer));
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(ReadyPrefix + address);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    /// <inheritdoc/>
    public override async Task<LoadTarget> StartAsync()
    {
        var server = StartBeside("EdgeMesh.Benchmarks.dll", ServeCommand);
        var line = await server.WaitForLineAsync(ReadyPrefix);
        var request = new byte[MessageFrame.HeaderSize];
        MessageFrame.WriteHeader(request, isCompressed: false, 0);
        return new LoadTarget(new Uri($"{line[ReadyPrefix.Length..]}/bench.v1.Fixed/Get"), request, server.Id);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] answer)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        context.Response.ContentType = HeaderNames.GrpcContentType;
        var writer = context.Response.BodyWriter;
        answer.CopyTo(writer.GetSpan(answer.Length));
        writer.Advance(answer.Length);
        context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
        await writer.FlushAsync();
    }
}
