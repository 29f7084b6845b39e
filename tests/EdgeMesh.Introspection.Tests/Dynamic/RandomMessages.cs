using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Introspection.Tests;

/// <summary>Messages of generated types with random contents, the same ones for the same seed.</summary>
internal sealed class RandomMessages(int seed)
{
    private static readonly string[] Words = ["", "a", "grüße", "日本語", "😀", "\"quoted\"\n\t\u0001", "</script>", "x y", new('z', 200)];
    private readonly Random _random = new(seed);

    public T Next<T>()
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, depth: 0);
        return message;
    }

    private void Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (_random.Next(3) != 0)
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (System.Collections.IDictionary)field.Accessor.GetValue(message);
                for (var i = _random.Next(4); i > 0; i--)
                {
                    map[Value(field.MessageType.FindFieldByNumber(1), depth)!] = Value(field.MessageType.FindFieldByNumber(2), depth);
                }
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                for (var i = _random.Next(5); i > 0; i--)
                {
                    list.Add(Value(field, depth));
                }
            }
            else if (Value(field, depth) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private object? Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Double => Pick(0d, 1d, -2.5, 1e300, 5e-324, double.MaxValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity, _random.NextDouble() * 1e9),
        FieldType.Float => Pick(0f, 1f, -2.5f, 1e30f, 1e-40f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, _random.NextSingle()),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Pick(0, 1, -1, int.MinValue, int.MaxValue, _random.Next()),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Pick(0L, 1L, -1L, long.MinValue, long.MaxValue, _random.NextInt64()),
        FieldType.UInt32 or FieldType.Fixed32 => Pick(0u, 1u, uint.MaxValue, (uint)_random.Next()),
        FieldType.UInt64 or FieldType.Fixed64 => Pick(0ul, 1ul, ulong.MaxValue, (ulong)_random.NextInt64()),
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.String => Pick(Words),
        FieldType.Bytes => ByteString.CopyFrom(RandomBytes()),
        FieldType.Enum when field.EnumType.FullName == "google.protobuf.NullValue" => NullValue.NullValue,
        FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, Pick(0, 1, -3, 99)),
        _ => Message(field.MessageType, depth),
    };

    // A wrapper's field holds the plain value in C#; the accessor wants that.
    private object? Message(MessageDescriptor type, int depth) => type.Name switch
    {
        "Timestamp" => new Timestamp { Seconds = _random.NextInt64(-62_135_596_800, 253_402_300_800), Nanos = Nanos() },
        "Duration" => RandomDuration(),
        "FieldMask" => new FieldMask { Paths = { Pick("a_b", "a.b_c", "x"), "other_one" } },
        "Struct" => RandomStruct(depth),
        "Value" => RandomValue(depth),
        "ListValue" => new ListValue { Values = { RandomValue(depth), RandomValue(depth) } },
        "Any" => Any.Pack(Pick<IMessage>(new Duration { Seconds = 3 }, new Protos.Little { AnInt32 = 5 }, new StringValue { Value = "s" }, new Empty())),
        "DoubleValue" or "FloatValue" or "Int64Value" or "UInt64Value" or "Int32Value" or "UInt32Value" or "BoolValue" or "StringValue" or "BytesValue"
            => Value(type.FindFieldByNumber(1), depth),
        "Empty" => new Empty(),
        _ => depth >= 3 ? null : Nested(type, depth),
    } ?? (type.ClrType == typeof(Protos.Everything) ? new Protos.Everything() : null);

    private IMessage Nested(MessageDescriptor type, int depth)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        Fill(message, depth + 1);
        return message;
    }

    private Duration RandomDuration()
    {
        var sign = Pick(1, -1);
        return new Duration { Seconds = sign * _random.NextInt64(0, 315_576_000_000), Nanos = sign * Nanos() };
    }

    private Struct RandomStruct(int depth) => new() { Fields = { ["k"] = RandomValue(depth), [Pick(Words) + "."] = RandomValue(depth) } };

    private Value RandomValue(int depth) => _random.Next(depth > 2 ? 4 : 6) switch
    {
        0 => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        1 => Google.Protobuf.WellKnownTypes.Value.ForNumber(Pick(0d, 1.5, -1e100)),
        2 => Google.Protobuf.WellKnownTypes.Value.ForString(Pick(Words)),
        3 => Google.Protobuf.WellKnownTypes.Value.ForBool(_random.Next(2) == 0),
        4 => Google.Protobuf.WellKnownTypes.Value.ForStruct(RandomStruct(depth + 1)),
        _ => Google.Protobuf.WellKnownTypes.Value.ForList(RandomValue(depth + 1), RandomValue(depth + 1)),
    };

    private int Nanos() => Pick(0, 500_000_000, 1_000, 1, 999_999_999);

    private byte[] RandomBytes()
    {
        var bytes = new byte[_random.Next(8)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
