using System.Globalization;

namespace EdgeMesh.Relay.Cache;

/// <summary>Writes a prefix and a time in whole seconds, and remembers the texts: thousands of hits a second say the same.</summary>
/// <remarks>Thread-safe without a lock: a slot holds one immutable text with its number, and a race costs one more text.</remarks>
/// <param name="prefix">What stands before the number.</param>
internal sealed class SecondsText(string prefix)
{
    // A power of two; entries of a few lifetimes have at most so many different ages and times left that matter.
    private const int Slots = 1024;

    private readonly Remembered?[] _slots = new Remembered?[Slots];

    /// <summary>The prefix and the time, rounded down: an answer that is stale for less than a second has -1 left, not 0.</summary>
    public string Format(TimeSpan time)
    {
        var seconds = (time.Ticks < 0 ? time.Ticks - (TimeSpan.TicksPerSecond - 1) : time.Ticks) / TimeSpan.TicksPerSecond;
        ref var slot = ref _slots[seconds & (Slots - 1)];
        if (Volatile.Read(ref slot) is { } known && known.Seconds == seconds)
        {
            return known.Text;
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"{prefix}{seconds}");
        Volatile.Write(ref slot, new Remembered(seconds, text));
        return text;
    }

    private sealed record Remembered(long Seconds, string Text);
}
