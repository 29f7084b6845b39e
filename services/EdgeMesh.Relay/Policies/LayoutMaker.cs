using System.Globalization;
using EdgeMesh.V1;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Relay.Policies;

/// <summary>Makes of the fields that a rule names, and the type that has them, how its messages are put in the key.</summary>
/// <remarks>Used once, by one thread.</remarks>
/// <param name="isKey">Whether the named fields are all that the key has of the known ones; else all but those.</param>
internal sealed class LayoutMaker(bool isKey)
{
    // Messages within a message that are put in order, too; deeper ones, and what goes beyond the number, are compared as they come.
    private const int MaxDepth = 4;
    private const int MaxFields = 512;

    private int _fields;

    /// <summary>Whether a field is not there.</summary>
    public bool HasMissing { get; private set; }

    /// <summary>What can be said of fields by number where no descriptor is known: that they are left out.</summary>
    public static MessageLayout MakeBlind(IReadOnlyList<string[]> paths, int depth = 0)
    {
        var layout = new MessageLayout();
        foreach (var group in paths.GroupBy(path => uint.Parse(path[depth], CultureInfo.InvariantCulture)).OrderBy(group => group.Key))
        {
            var isLeaf = group.Any(path => path.Length == depth + 1);
            layout.Fields.Add(new FieldLayout
            {
                Number = group.Key,
                Ignored = isLeaf,
                Encoding = isLeaf ? FieldEncoding.Unspecified : FieldEncoding.Message,
                Message = isLeaf ? null : MakeBlind([.. group], depth + 1),
            });
        }

        return layout;
    }

    /// <summary>Lays a type out.</summary>
    /// <param name="paths">The named fields.</param>
    /// <param name="miss">Told of each path, by index, that names what is not there.</param>
    public MessageLayout Make(MessageDescriptor type, IReadOnlyList<string[]> paths, Action<int, string> miss) =>
        Make(type, [.. paths.Select((path, index) => (path, index))], 0, miss);

    /// <summary>The field of a name, of a JSON name, or of a number.</summary>
    public static FieldDescriptor? Find(MessageDescriptor type, string step) =>
        char.IsAsciiDigit(step[0]) ? type.FindFieldByNumber(int.Parse(step, CultureInfo.InvariantCulture))
            : type.FindFieldByName(step) ?? type.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == step);

    public static FieldEncoding EncodingOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Int32 or FieldType.Int64 or FieldType.Enum => FieldEncoding.Varint,
        FieldType.UInt32 or FieldType.UInt64 => FieldEncoding.Unsigned,
        FieldType.SInt32 or FieldType.SInt64 => FieldEncoding.Zigzag,
        FieldType.Bool => FieldEncoding.Bool,
        FieldType.SFixed32 or FieldType.Float => FieldEncoding.Fixed32,
        FieldType.SFixed64 or FieldType.Double => FieldEncoding.Fixed64,
        FieldType.Fixed32 => FieldEncoding.UnsignedFixed32,
        FieldType.Fixed64 => FieldEncoding.UnsignedFixed64,
        FieldType.String => FieldEncoding.String,
        FieldType.Bytes => FieldEncoding.Bytes,
        FieldType.Group => FieldEncoding.Group,

        // Older releases of the library take delimited messages for plain ones: nothing is said of what lies within them.
        _ => field.ToProto().Type == FieldDescriptorProto.Types.Type.Group ? FieldEncoding.Group : FieldEncoding.Message,
    };

    private MessageLayout Make(MessageDescriptor type, IReadOnlyList<(string[] Path, int Index)> paths, int depth, Action<int, string> miss)
    {
        var named = new Dictionary<int, List<(string[] Path, int Index)>>();
        foreach (var path in paths)
        {
            if (Find(type, path.Path[depth]) is not { } field)
            {
                HasMissing = true;
                miss(path.Index, $"names field {path.Path[depth]}, which {type.FullName} does not have");
            }
            else if (path.Path.Length > depth + 1 && (EncodingOf(field) != FieldEncoding.Message || field.IsMap))
            {
                HasMissing = true;
                miss(path.Index, $"names a field of {field.FullName}, which is no message");
            }
            else
            {
                named.TryAdd(field.FieldNumber, []);
                named[field.FieldNumber].Add(path);
            }
        }

        var layout = new MessageLayout { Complete = true };
        foreach (var field in type.Fields.InFieldNumberOrder())
        {
            _fields++;
            var one = Describe(field);
            var ways = named.GetValueOrDefault(field.FieldNumber);
            if (ways is not null && ways.TrueForAll(way => way.Path.Length > depth + 1))
            {
                one.Message = Make(field.MessageType, ways, depth + 1, miss);
            }
            else if (isKey == (ways is not null))
            {
                one.Message = LayOutWhole(field, depth + 1);
            }
            else
            {
                one.Ignored = true;
            }

            layout.Fields.Add(one);
        }

        return layout;
    }

    /// <summary>Lays out a message all of which is in the key: only its order is to be made equal.</summary>
    private MessageLayout? LayOutWhole(FieldDescriptor field, int depth)
    {
        if (depth > MaxDepth || EncodingOf(field) != FieldEncoding.Message || _fields + field.MessageType.Fields.InDeclarationOrder().Count > MaxFields)
        {
            return null;
        }

        var layout = new MessageLayout { Complete = true };
        foreach (var inner in field.MessageType.Fields.InFieldNumberOrder())
        {
            _fields++;
            var one = Describe(inner);
            one.Message = LayOutWhole(inner, depth + 1);
            layout.Fields.Add(one);
        }

        return layout;
    }

    private static FieldLayout Describe(FieldDescriptor field) => new()
    {
        Number = (uint)field.FieldNumber,
        Encoding = EncodingOf(field),
        Repeated = field.IsRepeated,
        Map = field.IsMap,
        Oneof = field.ContainingOneof is { } oneof ? (uint)(field.ContainingType.Oneofs.IndexOf(oneof) + 1) : 0,
    };
}
