using System.Text;
using EdgeMesh.Caching;

namespace EdgeMesh.Relay.Cache;

/// <summary>Strings for names and values of stored metadata, which answers repeat: most are made once.</summary>
/// <remarks>
/// A fixed table of strings, each in the one place that its hash names; whoever comes last has it. Bounded by
/// <see cref="Places"/> times <see cref="MaxCachedLength"/>: 0.5 MiB of text. Thread-safe: a place is one reference.
/// </remarks>
internal sealed class MetadataText
{
    private const int Places = 2048;

    // Longer ones (tokens, digests of their own) hardly repeat.
    private const int MaxCachedLength = 128;

    private readonly string?[] _texts = new string[Places];

    /// <summary>The string of Latin-1 bytes.</summary>
    public string Get(ReadOnlySpan<byte> latin1)
    {
        if (latin1.Length is 0 or > MaxCachedLength)
        {
            return Encoding.Latin1.GetString(latin1);
        }

        ref var place = ref _texts[KeyHash.Compute(latin1).Low % Places];
        var text = Volatile.Read(ref place);

        // A text beyond ASCII never equals its bytes here, and is made anew: it is rare.
        if (text is null || !Ascii.Equals(latin1, text))
        {
            text = Encoding.Latin1.GetString(latin1);
            Volatile.Write(ref place, text);
        }

        return text;
    }
}
