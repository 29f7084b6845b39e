using System.Text;
using System.Text.Json;

namespace EdgeMesh.Node.Configuration;

/// <summary>Writes a part of a YAML document as JSON, each value as a text, for an option whose value is a document.</summary>
internal static class YamlJson
{
    /// <summary>A mapping as one object.</summary>
    /// <param name="name">What its member <c>name</c> is, before the others.</param>
    /// <param name="mapping">The others.</param>
    public static string Write(string name, YamlMapping mapping)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            Write(writer, mapping.Entries);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<YamlEntry> entries)
    {
        foreach (var entry in entries)
        {
            writer.WritePropertyName(entry.Key);
            Write(writer, entry.Value);
        }
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { IsEmpty: true, IsPlain: true }:
                writer.WriteNullValue();
                break;
            case YamlScalar scalar:
                writer.WriteStringValue(scalar.Text);
                break;
            case YamlList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case YamlMapping mapping:
                writer.WriteStartObject();
                Write(writer, mapping.Entries);
                writer.WriteEndObject();
                break;
        }
    }
}
