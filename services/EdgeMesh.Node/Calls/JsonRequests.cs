using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;

namespace EdgeMesh.Node.Calls;

/// <summary>The requests of a call: JSON values one after another, from the command line, files or standard input.</summary>
/// <param name="input">Standard input.</param>
internal sealed class JsonRequests(Stream input)
{
    /// <summary>What a method that takes one request gets when none is given: a message without fields.</summary>
    public const string Empty = "{}";

    /// <summary>Deeper than protobuf's hundred messages can nest in JSON.</summary>
    private const int MaxDepth = 512;

    private static readonly JsonTypeInfo<JsonElement> Element = new ContractContext(new JsonSerializerOptions { MaxDepth = MaxDepth }).JsonElement;

    /// <summary>Reads the values as they come: a value from a pipe is given as soon as it is complete.</summary>
    /// <param name="sources">Each is JSON text, <c>@FILE</c>, or <c>@</c> or <c>-</c> for standard input.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CliException">A source is not JSON, or cannot be read.</exception>
    public async IAsyncEnumerable<string> ReadAsync(IReadOnlyList<string> sources, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var source in sources)
        {
            await using var stream = Open(source);
            await using var values = JsonSerializer.DeserializeAsyncEnumerable(stream, Element, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await MoveNextAsync(values, source))
            {
                yield return values.Current.GetRawText();
            }
        }
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<JsonElement> values, string source)
    {
        try
        {
            return await values.MoveNextAsync();
        }
        catch (JsonException exception)
        {
            throw new CliException($"--message '{source}': not JSON: {FailureMessage.OneLine(exception.Message)}", ExitCodes.Usage, exception);
        }
    }

    private Stream Open(string source) => source switch
    {
        "@" or "-" => input,
        ['@', .. var file] => File.OpenRead(file),
        _ => new MemoryStream(Encoding.UTF8.GetBytes(source)),
    };
}
