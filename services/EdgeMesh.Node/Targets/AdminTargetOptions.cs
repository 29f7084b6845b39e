using System.CommandLine;
using System.Net.Security;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using EdgeMesh.Relay.Hosting;

namespace EdgeMesh.Node.Targets;

/// <summary>The options of every command that administers a node: which one, who asks, how long to wait, whom to trust.</summary>
internal sealed class AdminTargetOptions
{
    /// <summary>Where a Region is administered unless told otherwise; the container image puts every node's there.</summary>
    public static readonly Uri DefaultTarget = new("http://127.0.0.1:6500");

    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(30));

    private readonly Option<Uri> _target;
    private readonly Option<Duration> _timeout;
    private readonly TokenOptions _token;
    private readonly TrustOption _trust;
    private readonly Option<string?> _certificate = CliOption.Text("--tls-cert", "FILE", "Ask with this client certificate, PEM, chain included, which names a role (edgemesh cert create).");
    private readonly Option<string?> _key = CliOption.Text("--tls-key", "FILE", "The certificate's private key, PEM.");

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="timeout">How long it waits unless told otherwise; null: 30 s.</param>
    /// <param name="defaultTarget">Whom it asks unless told otherwise; null: <see cref="DefaultTarget"/>.</param>
    /// <param name="timeoutDescription">What is waited for; null: an answer.</param>
    public AdminTargetOptions(Command command, Duration? timeout = null, Uri? defaultTarget = null, string? timeoutDescription = null)
    {
        _target = CliOption.Value("--to", "URL", "The node's admin listener; with a token also a Region's data listener.", TargetAddress.TryRead, defaultTarget ?? DefaultTarget);
        _timeout = CliOption.Value("--timeout", "TIME", timeoutDescription ?? "How long to wait for an answer.", Duration.TryRead, timeout ?? DefaultTimeout);
        _target.Aliases.Add("--target");
        command.Add(_target);
        command.Add(_timeout);
        _token = new(command, "Asks");
        _trust = new(command);
        command.Add(_certificate);
        command.Add(_key);
    }

    /// <summary>How long to wait.</summary>
    public TimeSpan Timeout(ParseResult parsed) => parsed.GetRequiredValue(_timeout).Time;

    /// <summary>Prepares a connection to the node.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="address">Another node to connect to instead, without showing a token to it; null: the one at --to.</param>
    public TargetConnection Connect(ParseResult parsed, Uri? address = null) =>
        new(address ?? parsed.GetRequiredValue(_target), parsed.GetRequiredValue(_timeout).Time, TimeProvider.System, _trust.Read(parsed), address is null ? _token.Read(parsed) : null, ReadCertificate(parsed));

    private SslStreamCertificateContext? ReadCertificate(ParseResult parsed)
    {
        var failures = new List<string>();
        var model = new TlsFiles(parsed.GetValue(_certificate), parsed.GetValue(_key)).Read(TimeProvider.System.GetUtcNow(), failures);
        return failures.Count == 0 ? model!.Certificate : throw new CliException(FailureMessage.OneLine(failures[0]), ExitCodes.Usage);
    }
}
