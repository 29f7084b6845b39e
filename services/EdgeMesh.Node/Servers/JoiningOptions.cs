using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary>The options that say how a node joins its Region.</summary>
internal sealed class JoiningOptions
{
    private readonly Option<Uri?> _regionAdmin = CliOption.Value<Uri?>("--region-admin", "URL", "Where it joins the Region; default: --region itself with a token or a certificate that names a role, and without one the Region's admin listener on this machine, at the port of --region and 100.", TargetAddress.TryRead);
    private readonly Option<string?> _regionAuthority = CliOption.Text("--region-ca", "FILE", "Trust a Region whose certificate one of these roots signed, PEM; default: whom the system trusts.");
    private readonly Option<string?> _advertise = CliOption.Text("--advertise", "URL", "Where others reach it, when that is not where it listens.");
    private readonly TokenOptions _token;

    /// <summary>Adds the options to a command.</summary>
    public JoiningOptions(Command command)
    {
        command.Add(_regionAdmin);
        command.Add(_regionAuthority);
        _token = new(command, "Joins");
        command.Add(_advertise);
    }

    /// <summary>Whom it trusts as its Region.</summary>
    public Option RegionAuthorityOption => _regionAuthority;

    /// <summary>Where it joins; null: by default.</summary>
    public Uri? RegionAdmin(ParseResult parsed) => parsed.GetValue(_regionAdmin);

    /// <summary>Path of the roots that may sign the Region's certificate; null: the system's.</summary>
    public string? RegionAuthority(ParseResult parsed) => parsed.GetValue(_regionAuthority);

    /// <summary>Where others reach it; null: where it listens.</summary>
    public string? Advertise(ParseResult parsed) => parsed.GetValue(_advertise);

    /// <summary>The token to join with; null: none, or that of a file.</summary>
    public string? Token(ParseResult parsed) => _token.Token(parsed);

    /// <summary>A file with the token to join with; null: none.</summary>
    public string? TokenFile(ParseResult parsed) => _token.TokenFile(parsed);
}
