using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.InteropHost.MessageFlags;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.InteropHost.Server;

/// <summary>Serves <c>grpc.testing.TestService</c> until it is told to stop.</summary>
internal static class InteropServer
{
    private static readonly HashSet<string> Known = ["port", "address", "use_tls", "tls_cert_file", "tls_key_file"];

    /// <summary>Runs the subcommand. Says <c>listening on URL</c> on standard output once clients can connect.</summary>
    /// <returns>0 after SIGINT or SIGTERM.</returns>
    /// <exception cref="FlagException">A flag is wrong.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var flags = Flags.Parse(arguments, Known);
        var port = flags.Port("port");
        var addressText = flags.Text("address") ?? "127.0.0.1";
        if (!IPAddress.TryParse(addressText, out var address))
        {
            throw new FlagException($"--address is an IP address, not {addressText}");
        }

        using var certificate = flags.Switch("use_tls") ? LoadCertificate(flags) : null;
        await using var app = Build(address, port, certificate);
        try
        {
            await app.StartAsync();
        }
        catch (IOException e)
        {
            throw new FlagException($"cannot listen on {address}:{port}: {e.Message}");
        }

        var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Console.WriteLine($"listening on {string.Join(' ', bound)}");
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static WebApplication Build(IPAddress address, int port, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);

        // A start that fails is told in one line, by RunAsync.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, port, listener =>
        {
            listener.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
            {
                listener.UseHttps(certificate);
            }
        }));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddGrpc(o =>
        {
            // What a call does not ask to be compressed, the service marks NoCompress.
            o.ResponseCompressionAlgorithm = "gzip";
            o.EnableDetailedErrors = true;
        });

        var app = builder.Build();
        app.Use((context, next) =>
        {
            var log = new MessageFlagLog();
            context.Features.Set(log);
            context.Request.Body = new MessageFlagStream(context.Request.Body, log);
            return next(context);
        });
        app.MapGrpcService<InteropTestService>();
        return app;
    }

    private static X509Certificate2 LoadCertificate(Flags flags)
    {
        var path = flags.Text("tls_cert_file");
        if (path is null)
        {
            return SelfSigned();
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(path, flags.RequiredText("tls_key_file"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FlagException($"--tls_cert_file: {e.Message}");
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();

        // An hour back, for clients whose clock is behind ours.
        return request.CreateSelfSigned(now.AddHours(-1), now.AddDays(30));
    }
}
