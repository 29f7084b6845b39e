using System.Globalization;
using EdgeMesh.Relay;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EdgeMesh.Node.Configuration;

/// <summary>Reads the part of YAML that a configuration needs: one document of mappings, lists and values.</summary>
/// <remarks>
/// Anchors, aliases, tags, keys that are not plain values, keys given twice, further documents and deep nesting are faults: each makes a
/// file mean something else than it seems to say, or costs memory that its size does not show. Reading goes on after a fault where
/// the parser can, so that all of them are told at once; broken syntax and depth end it, and what stood before is kept. Used once.
/// </remarks>
internal sealed class YamlReader
{
    /// <summary>A file needs three levels; deeper ones are a mistake, and an attack on a recursive reader.</summary>
    private const int MaxDepth = 8;

    private readonly string _file;
    private readonly List<ConfigurationFault> _faults;
    private readonly string _text;
    private readonly Parser _parser;
    private string _path = "";
    private bool _hasEnded;

    private YamlReader(string file, string text, List<ConfigurationFault> faults)
    {
        _file = file;
        _faults = faults;
        _text = text;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads a document.</summary>
    /// <param name="file">Its name, for faults.</param>
    /// <param name="text">What it says.</param>
    /// <param name="faults">Gets what is wrong.</param>
    /// <returns>Null: there is no document, or nothing of it could be read.</returns>
    public static YamlNode? Read(string file, string text, List<ConfigurationFault> faults) => new YamlReader(file, text, faults).ReadDocument();

    private YamlNode? ReadDocument()
    {
        YamlNode? root = null;
        while (Next() && _parser.Current is not (StreamEnd or null))
        {
            if (_parser.Current is DocumentStart { IsImplicit: false } start && root is not null)
            {
                Fault(LineOf(start), "", "a second document begins here: the file must have one");
                return root;
            }

            if (_parser.Current is NodeEvent)
            {
                root = ReadNode("", 1);
            }
        }

        return root;
    }

    /// <summary>Reads the node whose first event is the current one; afterwards its last event is. Null: it could not be read.</summary>
    private YamlNode? ReadNode(string path, int depth)
    {
        _path = path;
        var line = LineOf(_parser.Current!);
        if (_parser.Current is AnchorAlias)
        {
            Fault(line, path, "aliases (*name) are not taken: write the value out");
            return null;
        }

        if (_parser.Current is not NodeEvent node)
        {
            // The parser takes some broken texts for a list that ends as a mapping.
            return End(line, path, "is not YAML: a list or mapping ends where none began");
        }

        if (!node.Anchor.IsEmpty)
        {
            Fault(line, path, "anchors (&name) are not taken: write the value out wherever it is needed");
        }

        if (!node.Tag.IsEmpty)
        {
            Fault(line, path, "tags (!name) are not taken: leave it out");
        }

        if (depth > MaxDepth && node is not Scalar)
        {
            // The scanner's cost grows with the square of the depth: reading ends here.
            return End(line, path, string.Create(CultureInfo.InvariantCulture, $"is nested deeper than {MaxDepth} levels"));
        }

        return node switch
        {
            Scalar scalar => new YamlScalar(line, scalar.Value, scalar.Style == ScalarStyle.Plain),
            SequenceStart => ReadList(path, line, depth),
            _ => ReadMapping(path, line, depth),
        };
    }

    private YamlList ReadList(string path, int line, int depth)
    {
        var items = new List<YamlNode>();
        for (var index = 0; Next() && _parser.Current is not SequenceEnd; index++)
        {
            if (ReadNode(string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), depth + 1) is { } item)
            {
                items.Add(item);
            }
        }

        return new(line, items);
    }

    private YamlMapping ReadMapping(string path, int line, int depth)
    {
        var entries = new List<YamlEntry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (Next() && _parser.Current is not MappingEnd)
        {
            // 1. The key.
            var keyLine = LineOf(_parser.Current!);
            var key = ReadNode(path, depth + 1) as YamlScalar;
            var keyPath = key is null ? path : Join(path, key.Text);
            if (key is not { Text.Length: > 0 })
            {
                Fault(keyLine, path, "has a key that is not a name");
            }

            // 2. Its value.
            if (!Next())
            {
                break;
            }

            var value = ReadNode(keyPath, depth + 1);
            if (value is null || key is not { Text.Length: > 0 })
            {
                continue;
            }

            // 3. Once.
            if (lines.TryAdd(key.Text, keyLine))
            {
                entries.Add(new(key.Text, keyLine, keyPath, value));
            }
            else
            {
                Fault(keyLine, keyPath, string.Create(CultureInfo.InvariantCulture, $"is given twice: line {lines[key.Text]} has it already"));
            }
        }

        return new(line, entries);
    }

    /// <summary>Goes to the next event. False: there is none, or the text is not YAML from here on and the fault is told.</summary>
    private bool Next()
    {
        try
        {
            return !_hasEnded && _parser.MoveNext();
        }
        catch (YamlException exception)
        {
            End(LineOf(exception), _path, $"is not YAML: {CommandLine.FailureMessage.OneLine(exception.Message)}");
            return false;
        }
        catch (InvalidOperationException)
        {
            // The scanner's own word for some broken texts, found by the fuzz test.
            End(_parser.Current is { } last ? LineOf(last) : 1, _path, "is not YAML after this");
            return false;
        }
    }

    /// <summary>The line of a syntax error. That of a tab is told as where its mapping begins, which helps nobody to find it.</summary>
    private int LineOf(YamlException exception)
    {
        var line = Math.Max(1, (int)exception.End.Line);
        var lines = _text.Split('\n');
        var tab = exception.Message.Contains("tab", StringComparison.Ordinal)
            ? Array.FindIndex(lines, Math.Min(line, lines.Length) - 1, text => text.AsSpan(0, text.Length - text.TrimStart().Length).Contains('\t'))
            : -1;
        return tab < 0 ? line : tab + 1;
    }

    private YamlNode? End(int line, string path, string message)
    {
        Fault(line, path, message);
        _hasEnded = true;
        return null;
    }

    private void Fault(int line, string path, string message) => _faults.Add(new(_file, line, path, message));

    private static int LineOf(ParsingEvent parsed) => Math.Max(1, (int)parsed.Start.Line);

    /// <summary><c>edge.cache-bytes</c>; a key that has dots of its own stands in brackets: <c>region.origin[shop.v1.]</c>.</summary>
    private static string Join(string path, string key)
    {
        var shown = key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && key.Length <= 48 ? key : null;
        return (path.Length, shown) switch
        {
            (0, { } name) => name,
            (_, { } name) => $"{path}.{name}",
            _ => $"{path}[{NodeNames.Quote(key)[1..^1]}]",
        };
    }
}
