using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>What a field's syntax or edition makes of it.</summary>
/// <remarks>Worked out here because older releases of the C# library take groups for plain messages and know no editions (protobuf.dev/editions/features).</remarks>
/// <param name="HasPresence">Whether an absent field differs from one that has its default.</param>
/// <param name="IsPacked">Whether a list is written packed.</param>
/// <param name="IsGroup">Whether a message is written between tags instead of after its length.</param>
internal sealed record FieldTraits(bool HasPresence, bool IsPacked, bool IsGroup)
{
    /// <summary>Works out a field's traits.</summary>
    /// <param name="field">The field.</param>
    /// <param name="file">Its file, of which every call to <c>ToProto</c> makes a copy.</param>
    public static FieldTraits Of(FieldDescriptor field, FileDescriptorProto file)
    {
        var proto = field.ToProto();
        var isMessage = field.FieldType is FieldType.Message or FieldType.Group;
        var isPackable = field.IsRepeated && !isMessage && field.FieldType is not (FieldType.String or FieldType.Bytes);
        if (file.Syntax != "editions")
        {
            var isProto3 = file.Syntax == "proto3";
            return new FieldTraits(
                HasPresence: !field.IsRepeated && (!isProto3 || isMessage || field.IsExtension || field.ContainingOneof is not null),
                IsPacked: isPackable && (proto.Options is { HasPacked: true } options ? options.Packed : isProto3),
                IsGroup: proto.Type == FieldDescriptorProto.Types.Type.Group);
        }

        var features = Resolve(field, proto, file);
        return new FieldTraits(
            HasPresence: !field.IsRepeated
                && (isMessage || field.IsExtension || field.ContainingOneof is not null || features.FieldPresence != FeatureSet.Types.FieldPresence.Implicit),
            IsPacked: isPackable && features.RepeatedFieldEncoding != FeatureSet.Types.RepeatedFieldEncoding.Expanded,
            IsGroup: isMessage && !field.IsMap && field.ContainingType?.GetOptions()?.MapEntry != true
                && features.MessageEncoding == FeatureSet.Types.MessageEncoding.Delimited);
    }

    // The nearest declaration wins: field, its message and those around it, file. What none declares has the default of edition 2023.
    private static FeatureSet Resolve(FieldDescriptor field, FieldDescriptorProto proto, FileDescriptorProto file)
    {
        var resolved = new FeatureSet();
        Merge(file.Options?.Features);
        var around = new Stack<MessageDescriptor>();
        for (var type = field.ContainingType; type is not null; type = type.ContainingType)
        {
            around.Push(type);
        }

        foreach (var type in around)
        {
            Merge(type.GetOptions()?.Features);
        }

        Merge(proto.Options?.Features);
        return resolved;

        void Merge(FeatureSet? features)
        {
            if (features is not null)
            {
                resolved.MergeFrom(features);
            }
        }
    }
}
