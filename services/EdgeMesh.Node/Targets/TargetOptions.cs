using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Targets;

/// <summary>The options of every command that calls a node: which one, how long to wait, whom to trust.</summary>
internal sealed class TargetOptions
{
    /// <summary>Where a Region listens unless told otherwise.</summary>
    public static readonly Uri DefaultTarget = new("http://127.0.0.1:6400");

    /// <summary>Longer than any unary call takes on a slow line; a stream of gigabytes is not limited by it.</summary>
    private static readonly Duration DefaultTimeout = new(TimeSpan.FromSeconds(30));

    private readonly Option<Uri> _target = CliOption.Value("--target", "URL", "The Region or edge location to call.", TargetAddress.TryRead, DefaultTarget);
    private readonly Option<Duration> _timeout = CliOption.Value("--timeout", "TIME", "How long to wait for an answer; transfers of large objects are not limited by it.", Duration.TryRead, DefaultTimeout);
    private readonly TrustOption _trust;

    /// <summary>Adds the options to a command.</summary>
    public TargetOptions(Command command)
    {
        _target.Aliases.Add("--to");
        _target.Aliases.Add("--region");
        command.Add(_target);
        command.Add(_timeout);
        _trust = new(command);
    }

    /// <summary>Prepares a connection to the node.</summary>
    public TargetConnection Connect(ParseResult parsed) => new(parsed.GetRequiredValue(_target), parsed.GetRequiredValue(_timeout).Time, TimeProvider.System, _trust.Read(parsed));
}
