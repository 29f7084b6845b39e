using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Targets;

/// <summary>The options of every command that administers a node: which one, who asks, how long to wait, whom to trust.</summary>
internal sealed class AdminTargetOptions
{
    /// <summary>Where a Region is administered unless told otherwise.</summary>
    public static readonly Uri DefaultTarget = new("http://127.0.0.1:6500");

    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(30));

    private readonly Option<Uri> _target = CliOption.Value("--to", "URL", "The node's admin listener; with a token also a Region's data listener.", TargetAddress.TryRead, DefaultTarget);
    private readonly Option<Duration> _timeout = CliOption.Value("--timeout", "TIME", "How long to wait for an answer.", Duration.TryRead, DefaultTimeout);
    private readonly TokenOptions _token;
    private readonly TrustOption _trust;

    /// <summary>Adds the options to a command.</summary>
    public AdminTargetOptions(Command command)
    {
        _target.Aliases.Add("--target");
        command.Add(_target);
        command.Add(_timeout);
        _token = new(command, "Asks");
        _trust = new(command);
    }

    /// <summary>Prepares a connection to the node.</summary>
    public TargetConnection Connect(ParseResult parsed) =>
        new(parsed.GetRequiredValue(_target), parsed.GetRequiredValue(_timeout).Time, TimeProvider.System, _trust.Read(parsed), _token.Read(parsed));
}
