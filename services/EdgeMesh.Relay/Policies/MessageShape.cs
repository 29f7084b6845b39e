using EdgeMesh.V1;

namespace EdgeMesh.Relay.Policies;

/// <summary>What a policy makes of a message's fields in the key: <see cref="MessageLayout"/>, ready to be looked up.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
internal sealed class MessageShape
{
    // Most messages have smaller numbers only.
    private const int DirectNumbers = 64;

    private readonly short[] _direct = new short[DirectNumbers];
    private readonly Dictionary<uint, short> _others = [];

    public MessageShape(MessageLayout layout)
    {
        IsComplete = layout.Complete;
        Fields = [.. layout.Fields.Select(field => new FieldShape(field))];
        HasMaps = Array.Exists(Fields, field => field is { IsMap: true, IsIgnored: false, Message: not null });
        Array.Fill(_direct, (short)-1);
        for (short i = 0; i < Fields.Length; i++)
        {
            if (layout.Fields[i].Number is var number && number < DirectNumbers)
            {
                _direct[number] = i;
            }
            else
            {
                _others[number] = i;
            }
        }
    }

    /// <summary>Whether all fields of the type are known.</summary>
    public bool IsComplete { get; }

    public FieldShape[] Fields { get; }

    /// <summary>Whether maps are among those that stay.</summary>
    public bool HasMaps { get; }

    /// <summary>Which of <see cref="Fields"/> has a number; -1: none.</summary>
    public int Find(uint number) => number < DirectNumbers ? _direct[number] : _others.Count > 0 && _others.TryGetValue(number, out var index) ? index : -1;
}

/// <summary>One field of a <see cref="MessageShape"/>.</summary>
internal sealed class FieldShape
{
    public FieldShape(FieldLayout layout)
    {
        Encoding = layout.Encoding;
        Oneof = (int)layout.Oneof;
        IsIgnored = layout.Ignored;
        IsMap = layout.Map;
        Message = layout.Message is null ? null : new MessageShape(layout.Message);
        Scalar = ScalarOf(layout.Encoding);
        IsPackable = layout.Repeated && Scalar is (WireKind.Varint or WireKind.Fixed32 or WireKind.Fixed64);
    }

    public FieldEncoding Encoding { get; }

    /// <summary>How one value lies on the wire.</summary>
    public WireKind Scalar { get; }

    /// <summary>Whether values may lie together in one field.</summary>
    public bool IsPackable { get; }

    /// <summary>From 1; 0: none.</summary>
    public int Oneof { get; }

    public bool IsIgnored { get; }

    /// <summary>Whether its values are entries of a map.</summary>
    public bool IsMap { get; }

    public MessageShape? Message { get; }

    /// <summary>How one value of an encoding lies on the wire.</summary>
    public static WireKind ScalarOf(FieldEncoding encoding) => encoding switch
    {
        FieldEncoding.Varint or FieldEncoding.Unsigned or FieldEncoding.Zigzag or FieldEncoding.Bool => WireKind.Varint,
        FieldEncoding.Fixed32 or FieldEncoding.UnsignedFixed32 => WireKind.Fixed32,
        FieldEncoding.Fixed64 or FieldEncoding.UnsignedFixed64 => WireKind.Fixed64,
        FieldEncoding.Group => WireKind.StartGroup,
        _ => WireKind.LengthDelimited,
    };

    /// <summary>Whether a field of that wire type is this one; else parsers take it for an unknown one.</summary>
    public bool Fits(WireKind kind) => kind == Scalar || Encoding == FieldEncoding.Unspecified || (IsPackable && kind == WireKind.LengthDelimited);
}

/// <summary>Protobuf's wire types.</summary>
internal enum WireKind
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}
