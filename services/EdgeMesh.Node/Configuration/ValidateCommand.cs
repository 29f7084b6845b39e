using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Configuration;

/// <summary><c>edgemesh validate</c>.</summary>
internal sealed class ValidateCommand : CliCommand
{
    private readonly Argument<string> _file = CliOption.Argument<string>("FILE", "The configuration file.", PlainText.TryRead);
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ValidateCommand(Terminal terminal)
        : base(
            "validate",
            "Lists everything that is wrong in a configuration file, with its line and path, without starting anything. Exit code 2 when there is something.",
            ["edgemesh validate edgemesh.yaml", "edgemesh validate edgemesh.yaml --json"],
            terminal)
    {
        Add(_file);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(ValidationJson)];

    /// <inheritdoc/>
    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(_file);
        var check = ConfigurationCheck.Run(file, (RootCommand)parsed.RootCommandResult.Command);
        var isRight = check.Faults.Count == 0;
        if (parsed.GetValue(_json))
        {
            JsonOutput.Write(Terminal, new ValidationJson(file, isRight, [.. check.Faults.Select(FaultJson.Of)], [.. check.Missing.Select(FaultJson.Of)]));
            return Task.FromResult(isRight ? ExitCodes.Success : ExitCodes.Usage);
        }

        foreach (var fault in check.Faults)
        {
            Terminal.Error.WriteLine($"edgemesh: {fault}");
        }

        foreach (var missing in check.Missing)
        {
            Terminal.Error.WriteLine($"note: {missing}");
        }

        if (isRight)
        {
            Terminal.Out.WriteLine($"{file} is right");
        }

        return Task.FromResult(isRight ? ExitCodes.Success : ExitCodes.Usage);
    }
}
