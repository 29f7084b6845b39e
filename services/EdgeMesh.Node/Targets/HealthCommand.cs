using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Targets;

/// <summary><c>edgemesh health</c>: for HEALTHCHECK of a container image and probes of an orchestrator, which want an exit code.</summary>
internal sealed class HealthCommand : CliCommand
{
    /// <summary>A node that takes longer to say how it is, is not well.</summary>
    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(3));

    private readonly Option<Uri> _target = CliOption.Value("--to", "URL", "The node's admin address.", TargetAddress.TryRead, AdminTargetOptions.DefaultTarget);
    private readonly Option<Duration> _timeout = CliOption.Value("--timeout", "TIME", "How long to wait for an answer.", Duration.TryRead, DefaultTimeout);
    private readonly Option<bool> _live = CliOption.Flag("--live", "Ask only whether the process is there to answer (/healthz), not whether it takes calls (/readyz).");
    private readonly TrustOption _trust;

    /// <summary>Creates the command.</summary>
    public HealthCommand(Terminal terminal)
        : base(
            "health",
            "Asks a node whether it takes calls: exit code 0 if it does, 1 if it does not or does not answer.",
            ["edgemesh health", "edgemesh health --to http://127.0.0.1:6501", "edgemesh health --live"],
            terminal)
    {
        Add(_target);
        Add(_timeout);
        Add(_live);
        _trust = new(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var target = parsed.GetRequiredValue(_target);
        var timeout = parsed.GetRequiredValue(_timeout).Time;
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        handler.SslOptions.CertificateChainPolicy = _trust.Read(parsed);
        using var client = new HttpClient(handler) { Timeout = timeout };
        try
        {
            using var response = await client.GetAsync(new Uri(target, parsed.GetValue(_live) ? "/healthz" : "/readyz"), cancellationToken);
            var text = (await response.Content.ReadAsStringAsync(cancellationToken)).TrimEnd();
            (response.IsSuccessStatusCode ? Terminal.Out : Terminal.Error).WriteLine(text);
            return response.IsSuccessStatusCode ? ExitCodes.Success : ExitCodes.Failed;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = exception is TaskCanceledException ? $"no answer within {timeout.TotalSeconds:0.###} s" : FailureMessage.OneLine(exception.GetBaseException().Message);
            throw new CliException($"{TargetAddress.Show(target)} cannot be asked: {why}", inner: exception);
        }
    }
}
