using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.InteropHost.MessageFlags;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.InteropHost.Client;

/// <summary>Runs interop cases against any implementation's server: one line per case, exit code 0 when all passed.</summary>
internal static class InteropClient
{
    /// <summary>A case that takes longer has failed: all of them move less than a megabyte.</summary>
    private static readonly TimeSpan CaseLimit = TimeSpan.FromSeconds(20);

    private static readonly HashSet<string> Known =
        ["server_host", "server_host_override", "server_port", "test_case", "use_tls", "use_test_ca", "test_ca_file", "default_service_account", "oauth_scope", "service_account_key_file"];

    /// <summary>Runs the subcommand.</summary>
    /// <returns>0 when all cases asked for passed; 1 when one failed.</returns>
    /// <exception cref="FlagException">A flag is wrong, or a case has no such name.</exception>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var flags = Flags.Parse(arguments, Known);
        var cases = Select(flags.RequiredText("test_case"));
        using var flagHandler = new ResponseFlagHandler(MakeTransport(flags));
        var host = flags.Text("server_host_override") ?? flags.RequiredText("server_host");
        var scheme = flags.Switch("use_tls") ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        var address = new UriBuilder(scheme, host, flags.Port("server_port")).Uri;
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = flagHandler });
        var call = new CaseContext(channel.CreateCallInvoker(), flagHandler);

        var failures = 0;
        foreach (var (name, run) in cases)
        {
            var verdict = await RunCaseAsync(run, call);
            failures += verdict is null ? 0 : 1;
            Console.WriteLine(verdict is null ? $"{name}: passed" : $"{name}: FAILED: {verdict}");
        }

        return failures == 0 ? 0 : 1;
    }

    private static IReadOnlyList<KeyValuePair<string, Func<CaseContext, Task>>> Select(string name)
    {
        if (name == "all")
        {
            return [.. InteropCases.All];
        }

        return InteropCases.All.TryGetValue(name, out var run)
            ? [new(name, run)]
            : throw new FlagException($"--test_case: no case {name}; known: all {string.Join(' ', InteropCases.All.Keys)}");
    }

    /// <returns>Null when the case passed, else what was wrong, on one line.</returns>
    private static async Task<string?> RunCaseAsync(Func<CaseContext, Task> run, CaseContext context)
    {
        try
        {
            await run(context).WaitAsync(CaseLimit);
            return null;
        }
        catch (CaseFailedException e)
        {
            return e.Message;
        }
        catch (TimeoutException)
        {
            return $"not done after {CaseLimit.TotalSeconds} s";
        }
        catch (RpcException e)
        {
            return $"unexpected status {e.Status.StatusCode}: {e.Status.Detail.ReplaceLineEndings(" ")}";
        }
        catch (InvalidOperationException e)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    private static SocketsHttpHandler MakeTransport(Flags flags)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = CaseLimit,
            EnableMultipleHttp2Connections = true,
            UseCookies = false,
            UseProxy = false,
        };
        if (flags.Text("server_host_override") is not null)
        {
            // The address names the override: connect where the host flag says instead.
            var (host, port) = (flags.RequiredText("server_host"), flags.Port("server_port"));
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(host, port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        if (flags.Switch("use_test_ca"))
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(flags.RequiredText("test_ca_file")) };
        }

        return handler;
    }

    private static X509ChainPolicy TrustOnly(string pemPath)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(pemPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FlagException($"--test_ca_file: {e.Message}");
        }

        return policy;
    }
}
