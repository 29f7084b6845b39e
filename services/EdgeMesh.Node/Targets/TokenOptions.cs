using System.CommandLine;
using EdgeMesh.Admin.Access;
using EdgeMesh.Node.CommandLine;

namespace EdgeMesh.Node.Targets;

/// <summary>The options that name the token to show: as a text, or in a file. No error shows the text.</summary>
internal sealed class TokenOptions
{
    private readonly Option<string?> _token;
    private readonly Option<string?> _tokenFile;

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="verb">What is done with the token, such as Joins.</param>
    public TokenOptions(Command command, string verb)
    {
        _token = CliOption.Text("--token", "TOKEN", $"{verb} with this token. Others on the machine see command lines: prefer --token-file, or the variable.");
        _tokenFile = CliOption.Text("--token-file", "FILE", $"{verb} with the token in this file.");
        command.Add(_token);
        command.Add(_tokenFile);
    }

    /// <summary>The token given as a text, as it is; null: none.</summary>
    public string? Token(ParseResult parsed) => parsed.GetValue(_token);

    /// <summary>The file with the token; null: none.</summary>
    public string? TokenFile(ParseResult parsed) => parsed.GetValue(_tokenFile);

    /// <summary>The token, from wherever it is given; null: none.</summary>
    /// <exception cref="CliException">Both are given, the file cannot be read, or what is given is no token.</exception>
    public string? Read(ParseResult parsed)
    {
        if (TokenFile(parsed) is not { } file)
        {
            return Token(parsed) is { } token ? Checked(token, _token.Name) : null;
        }

        if (Token(parsed) is not null)
        {
            throw new CliException($"{_token.Name} and {_tokenFile.Name} are both given: one says who asks", ExitCodes.Usage);
        }

        try
        {
            return Checked(File.ReadAllText(file).Trim(), $"{_tokenFile.Name} '{file}'");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{_tokenFile.Name} '{file}': {FailureMessage.OneLine(fault.Message)}", ExitCodes.Usage, fault);
        }
    }

    private static string Checked(string text, string source) =>
        TokenText.TryReadId(text, out _) ? text : throw new CliException($"{source}: not a token emt_ID_SECRET", ExitCodes.Usage);
}
