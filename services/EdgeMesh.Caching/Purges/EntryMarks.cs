using System.Runtime.InteropServices;
using System.Text;

namespace EdgeMesh.Caching.Purges;

/// <summary>What a purge may name an entry by beside its tags: the method that it is an answer of, and the request.</summary>
/// <remarks>
/// Parts of keyed hashes, 12 bytes an entry: two methods, or requests, that agree, which nobody can aim at, are purged together. They depend on
/// neither host nor identity nor what the answer varies by, so that one purge finds all answers to a request.
/// </remarks>
/// <param name="Method">Of the method.</param>
/// <param name="Request">Of method and message.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct EntryMarks(uint Method, ulong Request)
{
    // Between the parts of what is hashed: a path has no such character.
    private const byte Separator = 0;

    /// <summary>The mark of a method.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    public static uint OfMethod(string path) => (uint)KeyHash.Compute(Encoding.Latin1.GetBytes(path)).Low;

    /// <summary>The marks of answers to a request.</summary>
    /// <param name="path"><c>/package.Service/Method</c>.</param>
    /// <param name="message">The message as it is keyed.</param>
    public static EntryMarks Of(string path, ReadOnlySpan<byte> message)
    {
        var bytes = new byte[path.Length + 1 + message.Length];
        Encoding.Latin1.GetBytes(path, bytes);
        bytes[path.Length] = Separator;
        message.CopyTo(bytes.AsSpan(path.Length + 1));
        return new EntryMarks((uint)KeyHash.Compute(bytes.AsSpan(0, path.Length)).Low, KeyHash.Compute(bytes).Low);
    }
}
