using System.Globalization;
using System.Net;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>A peer on Kestrel, in a process of its own: a hidden command of this program.</summary>
internal static class KestrelProcess
{
    /// <summary>The program that has the command.</summary>
    public const string Assembly = "EdgeMesh.Benchmarks.dll";

    private const string ReadyPrefix = "listening on ";

    /// <summary>A hidden command and its sizes as arguments.</summary>
    public static string[] Arguments(string command, IEnumerable<int> sizes) =>
        [command, .. sizes.Select(size => size.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Serves on a free port until standard input ends.</summary>
    /// <param name="protocols">HTTP/2 with prior knowledge, or HTTP/1.1.</param>
    public static async Task<int> ServeAsync(Action<IServiceCollection> addServices, Action<WebApplication> use, HttpProtocols protocols = HttpProtocols.Http2)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        addServices(builder.Services);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = protocols);
        });
        await using var app = builder.Build();
        use(app);
        await app.StartAsync();
        Console.WriteLine(ReadyPrefix + app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await Console.In.ReadToEndAsync();
        return 0;
    }

    /// <summary>Waits until it listens.</summary>
    /// <returns>Where.</returns>
    public static async Task<Uri> WaitAsync(ChildProcess process) =>
        new((await process.WaitForLineAsync(ReadyPrefix))[ReadyPrefix.Length..]);
}
