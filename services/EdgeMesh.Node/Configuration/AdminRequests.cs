using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Configuration;

/// <summary>Asks a node's admin listener over HTTP for its configuration.</summary>
internal sealed class AdminRequests
{
    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(30));

    private readonly Option<Uri> _target = CliOption.Value("--to", "URL", "The node's admin listener.", TargetAddress.TryRead, AdminTargetOptions.DefaultTarget);
    private readonly Option<Duration> _timeout = CliOption.Value("--timeout", "TIME", "How long to wait for an answer.", Duration.TryRead, DefaultTimeout);
    private readonly TokenOptions _token;
    private readonly TrustOption _trust;

    /// <summary>Adds the options to a command.</summary>
    public AdminRequests(Command command)
    {
        command.Add(_target);
        command.Add(_timeout);
        _token = new(command, "Asks");
        _trust = new(command);
    }

    /// <summary>Asks, and reads the answer.</summary>
    /// <typeparam name="T">A contract.</typeparam>
    /// <exception cref="CliException">The node cannot be reached, or answers something else.</exception>
    public async Task<T> AskAsync<T>(ParseResult parsed, HttpMethod method, string path, JsonTypeInfo<T> contract, CancellationToken cancellationToken)
    {
        var target = parsed.GetRequiredValue(_target);
        var timeout = parsed.GetRequiredValue(_timeout);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        if (_trust.Read(parsed) is { } trusted)
        {
            var policy = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(trusted);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        using var http = new HttpClient(handler) { Timeout = timeout.Time };
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(target, path));
            if (_token.Read(parsed) is { } token)
            {
                request.Headers.Authorization = new("Bearer", token);
            }

            using var response = await http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.Content.Headers.ContentType?.MediaType == "application/json" && JsonSerializer.Deserialize(body, contract) is { } answer
                ? answer
                : throw new CliException($"{TargetAddress.Show(target)} answered {(int)response.StatusCode} to {path}: {FailureMessage.OneLine(body)}. --to names a node's admin listener.");
        }
        catch (HttpRequestException exception)
        {
            throw new CliException($"cannot reach {TargetAddress.Show(target)}: {FailureMessage.OneLine(exception.GetBaseException().Message)}. --to names a node's admin listener.", inner: exception);
        }
        catch (JsonException exception)
        {
            throw new CliException($"{TargetAddress.Show(target)} answered {path} with something else than a node does.", inner: exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException($"no answer from {TargetAddress.Show(target)} within {timeout}.", inner: exception);
        }
    }
}
