using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary><c>edgemesh policy explain</c>.</summary>
internal sealed class ExplainPolicyCommand : CliCommand
{
    private readonly Argument<string> _method = CliOption.Argument<string>("METHOD", "SERVICE/METHOD by full name.", PlainText.TryRead);
    private readonly Option<string?> _message = CliOption.Text("--message", "JSON", "The request; needs a descriptor of the method at the Region. Default: an empty message.");
    private readonly Option<KeyValuePair<string, string>[]> _headers = CliOption.Many<KeyValuePair<string, string>>("--header", "NAME:VALUE", "Request metadata.", KeyValue.TryReadHeader);
    private readonly Option<KeyValuePair<string, string>[]> _answer = CliOption.Many<KeyValuePair<string, string>>("--answer-header", "NAME:VALUE", "Metadata of the origin's answer, such as 'cache-control: max-age=5'; grpc-status makes it an error. Default: an answer that says nothing.", KeyValue.TryReadHeader);
    private readonly Option<string?> _policy = CliOption.Text("--policy", "FILE", "A policy to try in place of the one in force.");
    private readonly AdminTargetOptions _target;
    private readonly Option<bool> _json = CliOption.Json();

    /// <summary>Creates the command.</summary>
    public ExplainPolicyCommand(Terminal terminal)
        : base(
            "explain",
            "Tells what nodes do with a call: who decided each property, the key, and whether the answer would be stored, and if not, why. Asks no origin.",
            ["edgemesh policy explain edgemesh.v1.ObjectStoreService/HeadObject -d '{\"bucket\": \"demo\"}'", "edgemesh policy explain shop.v1.Catalog/GetProduct -H 'x-lang: de' --answer-header 'cache-control: max-age=5' --policy policy.yaml"],
            terminal)
    {
        _message.Aliases.Add("-d");
        _headers.Aliases.Add("-H");
        Add(_method);
        Add(_message);
        Add(_headers);
        Add(_answer);
        Add(_policy);
        _target = new(this);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(PolicyExplanationJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new ExplainPolicyRequest { Method = parsed.GetRequiredValue(_method).TrimStart('/'), Json = parsed.GetValue(_message) ?? "" };
        request.Metadata.Add(parsed.GetRequiredValue(_headers).Select(Field));
        request.Answer = new() { Metadata = { parsed.GetRequiredValue(_answer).Select(Field) } };
        PolicyFile? file = null;
        if (parsed.GetValue(_policy) is { } path)
        {
            file = await PolicyFile.ReadAsync(path, Terminal.Input, cancellationToken);
            if (file.Faults.Count > 0)
            {
                PolicyTarget.Tell(Terminal, file.Faults);
                return ExitCodes.Usage;
            }

            request.Policy = file.Policy;
        }

        using var target = new PolicyTarget(_target.Connect(parsed));
        try
        {
            var explained = await target.ExplainAsync(request, cancellationToken);
            if (parsed.GetValue(_json))
            {
                JsonOutput.Write(Terminal, PolicyExplanationJson.Of(explained));
            }
            else
            {
                Write(explained);
            }

            return ExitCodes.Success;
        }
        catch (TargetException refused) when (file is not null && PolicyTarget.ReadFaults(refused) is { Count: > 0 } faults)
        {
            PolicyTarget.Tell(Terminal, faults.Select(file.Locate));
            return ExitCodes.Usage;
        }
    }

    private static MetadataField Field(KeyValuePair<string, string> field) => new() { Name = field.Key, Value = field.Value };

    private void Write(ExplainPolicyResponse explained)
    {
        Terminal.Out.WriteLine(explained.Pattern.Length == 0 ? "no rule: only what answers declare is cached" : $"rule {explained.Pattern}, version {explained.RuleVersion}{(explained.Shadow ? ", only tried" : "")}");
        var properties = new TextTable("Property", "Value", "Decided by");
        foreach (var property in explained.Properties)
        {
            properties.Add(property.Name, property.Value.Length == 0 ? "-" : property.Value, property.Source);
        }

        properties.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        if (explained.Bypass.Length > 0)
        {
            Terminal.Out.WriteLine($"not looked up, and not stored: {explained.Bypass}");
            return;
        }

        Terminal.Out.WriteLine();
        var key = new TextTable("Key", "Value");
        foreach (var part in explained.Key)
        {
            key.Add(part.Name, part.Value);
        }

        key.Write(Terminal.OutConsole, Terminal.OutIsTerminal);
        Terminal.Out.WriteLine();
        var outcome = explained.Refusal.Length > 0 ? $"not stored: {explained.Refusal}"
            : $"{(explained.Stored ? "stored" : "would be stored, but the rule is only tried")} for {new Duration(explained.Ttl.ToTimeSpan())}{(explained.Tags.Count > 0 ? $", with tags {string.Join(' ', explained.Tags)}" : "")}";
        Terminal.Out.WriteLine(outcome);
    }
}
