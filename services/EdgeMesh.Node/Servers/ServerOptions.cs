using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Servers;

/// <summary>The options of every command that runs a node: the admin listener, TLS, the log, the end.</summary>
internal sealed class ServerOptions
{
    /// <summary>Long enough for ordinary calls; a stop without calls takes no time.</summary>
    private static readonly Duration DefaultShutdownTimeout = new(TimeSpan.FromSeconds(30));

    private readonly Option<string?> _adminListen = CliOption.Text("--admin-listen", "ADDRESS:PORT", "Where it is administered, over gRPC and HTTP/1.1; default: on loopback, at the port of --listen and 100.");
    private readonly Option<string?> _tlsCertificate = CliOption.Text("--tls-cert", "FILE", "Serve TLS with this certificate, PEM, chain included.");
    private readonly Option<string?> _tlsKey = CliOption.Text("--tls-key", "FILE", "The certificate's private key, PEM.");
    private readonly Option<string?> _clientAuthority = CliOption.Text("--client-ca", "FILE", "Client certificates that one of these roots signed, PEM, open the role that their name edgemesh://ROLE/NAME says.");
    private readonly Option<bool> _insecure = CliOption.Flag("--insecure", "Allow cleartext on an address beyond loopback.");
    private readonly Option<int> _capacity = CliOption.Value("--capacity", "CALLS", "How many calls it can serve at once before they wait for one another: clients that route go elsewhere while so many run; 0: not said.", WholeNumber.Between(0, 1_000_000), 0);
    private readonly Option<LogLevel> _logLevel = CliOption.Value("--log-level", "LEVEL", "Least level of the log on standard error: trace, debug, information, warning, error, critical or none.", TryReadLevel, LogLevel.Information);
    private readonly Option<LogFormat> _logFormat = CliOption.Value("--log-format", "FORMAT", "How the log and the access log are written: text, or json with one object a line.", TryReadFormat, LogFormat.Text);
    private readonly Option<string?> _accessLog = CliOption.Text("--access-log", "FILE", "Write a line for each call to this file, or with - to standard output; it is opened again when it was moved away.");
    private readonly Option<Duration> _shutdownTimeout = CliOption.Value("--shutdown-timeout", "TIME", "How long running calls may go on after Ctrl-C or SIGTERM.", Duration.TryRead, DefaultShutdownTimeout);
    private readonly Option<bool> _exitOnStdinClose = CliOption.Flag("--exit-on-stdin-close", "Stop when standard input ends, and leave Ctrl-C to the parent: for supervisors, whose children then never outlive them.");

    /// <summary>Least level of the log.</summary>
    public Option LogLevelOption => _logLevel;

    /// <summary>Where the access log goes.</summary>
    public Option AccessLogOption => _accessLog;

    /// <summary>How long running calls may go on.</summary>
    public Option ShutdownTimeoutOption => _shutdownTimeout;

    /// <summary>What the node proves itself by, and whose client certificates it takes.</summary>
    public IReadOnlyList<Option> TlsOptions => [_tlsCertificate, _tlsKey, _clientAuthority];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_adminListen);
        command.Add(_tlsCertificate);
        command.Add(_tlsKey);
        command.Add(_clientAuthority);
        command.Add(_insecure);
        command.Add(_capacity);
        command.Add(_logLevel);
        command.Add(_logFormat);
        command.Add(_accessLog);
        command.Add(_shutdownTimeout);
        command.Add(_exitOnStdinClose);
    }

    /// <summary>Where the admin listener is; null: by default.</summary>
    public string? AdminListen(ParseResult parsed) => parsed.GetValue(_adminListen);

    /// <summary>Path of the certificate; null: cleartext.</summary>
    public string? TlsCertificate(ParseResult parsed) => parsed.GetValue(_tlsCertificate);

    /// <summary>How many calls it can serve at once; 0: not said.</summary>
    public int Capacity(ParseResult parsed) => parsed.GetValue(_capacity);

    /// <summary>Path of its key.</summary>
    public string? TlsKey(ParseResult parsed) => parsed.GetValue(_tlsKey);

    /// <summary>Path of the roots whose client certificates open roles; null: none do.</summary>
    public string? ClientAuthority(ParseResult parsed) => parsed.GetValue(_clientAuthority);

    /// <summary>Whether cleartext may leave the machine.</summary>
    public bool Insecure(ParseResult parsed) => parsed.GetValue(_insecure);

    /// <summary>Least level of the log.</summary>
    public LogLevel Level(ParseResult parsed) => parsed.GetRequiredValue(_logLevel);

    /// <summary>How logs are written.</summary>
    public LogFormat Format(ParseResult parsed) => parsed.GetValue(_logFormat);

    /// <summary>Where the access log goes; null: nowhere.</summary>
    public string? AccessLog(ParseResult parsed) => parsed.GetValue(_accessLog);

    /// <summary>How long running calls may go on.</summary>
    public TimeSpan ShutdownTimeout(ParseResult parsed) => parsed.GetRequiredValue(_shutdownTimeout).Time;

    /// <summary>Whether the end of standard input ends the node.</summary>
    public bool ExitOnStdinClose(ParseResult parsed) => parsed.GetValue(_exitOnStdinClose);

    private static bool TryReadFormat(string text, out LogFormat value, out string error)
    {
        error = "want text or json";
        return Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]);
    }

    private static bool TryReadLevel(string text, out LogLevel value, out string error)
    {
        error = "want trace, debug, information, warning, error, critical or none";
        return Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]);
    }
}
