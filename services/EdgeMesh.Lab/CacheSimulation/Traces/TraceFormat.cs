using System.Diagnostics.CodeAnalysis;

namespace EdgeMesh.Lab.CacheSimulation.Traces;

/// <summary>How a trace is written, and what its name is on the command line.</summary>
/// <param name="Name">As typed.</param>
/// <param name="HasSizes">Whether it tells sizes; else every object is one byte.</param>
/// <param name="Description">A few words.</param>
public sealed record TraceFormat(string Name, bool HasSizes, string Description)
{
    /// <summary>A line a request: time, id and size, in columns that blanks, tabs or commas divide. Further columns are passed over.</summary>
    public static readonly TraceFormat TextTimeIdSize = new("text-time-id-size", true, "a line a request: time, id, size");

    /// <summary>Little-endian, 32 bits of id and 32 of size.</summary>
    public static readonly TraceFormat U32IdSize = new("u32-id-size", true, "little-endian 32-bit id and 32-bit size");

    /// <summary>Big-endian 32-bit ids, without sizes.</summary>
    public static readonly TraceFormat BigEndianInt32 = new("be-i32", false, "big-endian 32-bit ids, no sizes");

    /// <summary>Big-endian 64-bit ids, without sizes.</summary>
    public static readonly TraceFormat BigEndianInt64 = new("be-i64", false, "big-endian 64-bit ids, no sizes");

    /// <summary>What <c>edgemesh edge --record-trace</c> writes.</summary>
    public static readonly TraceFormat Own = new("own", true, "as written by edge --record-trace");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TraceFormat> All { get; } = [TextTimeIdSize, U32IdSize, BigEndianInt32, BigEndianInt64, Own];

    /// <summary>Finds a format by name.</summary>
    public static bool TryRead(string name, [MaybeNullWhen(false)] out TraceFormat format)
    {
        format = All.FirstOrDefault(one => one.Name == name);
        return format is not null;
    }
}
