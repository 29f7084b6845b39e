using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeMesh.Node.Contracts;

namespace EdgeMesh.Node.Output;

/// <summary>Writes one contract as a JSON document on standard output.</summary>
internal static class JsonOutput
{
    /// <summary>As declared, but letters beyond ASCII stay readable: the JSON goes to a terminal or a file, never into HTML.</summary>
    private static readonly ContractContext Readable = new(new JsonSerializerOptions(ContractContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes the document, indented, with a line's end.</summary>
    /// <typeparam name="T">A contract that <see cref="ContractContext"/> knows.</typeparam>
    public static void Write<T>(Terminal terminal, T value) => terminal.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Readable.GetTypeInfo(typeof(T))!));

    /// <summary>Writes the document where JSON is asked for, else the line that says the same to people.</summary>
    /// <typeparam name="T">A contract that <see cref="ContractContext"/> knows.</typeparam>
    public static void WriteOrLine<T>(Terminal terminal, bool json, T value, string line)
    {
        if (json)
        {
            Write(terminal, value);
        }
        else
        {
            terminal.Out.WriteLine(line);
        }
    }
}
