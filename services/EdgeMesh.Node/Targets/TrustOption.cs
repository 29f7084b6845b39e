using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Targets;

/// <summary>The option that names whom to trust: for nodes whose certificate no public authority signed.</summary>
internal sealed class TrustOption
{
    private readonly Option<string?> _file = CliOption.Text("--ca", "FILE", "Trust servers whose certificate one of these signed, PEM; default: whom the system trusts.");

    /// <summary>Adds the option to a command.</summary>
    public TrustOption(Command command) => command.Add(_file);

    /// <summary>Whom to trust, by chains to the certificates in the file; null when the option is not given: whom the system trusts.</summary>
    /// <exception cref="CliException">The file cannot be read, or holds none.</exception>
    public X509ChainPolicy? Read(ParseResult parsed)
    {
        if (parsed.GetValue(_file) is not { } file)
        {
            return null;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{_file.Name} '{file}': {FailureMessage.OneLine(exception.Message)}", ExitCodes.Usage, exception);
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new CliException($"{_file.Name} '{file}': no certificate in it", ExitCodes.Usage);
    }
}
