namespace EdgeMesh.Testing;

/// <summary>Randomness that a test wrote down: every draw takes the next number of a script.</summary>
/// <remarks>
/// A number in [0, 1) is scaled to the range asked for: 0 gives the lowest value, 0.999... the highest. Thread-safe.
/// </remarks>
public sealed class ScriptedRandom : Random
{
    private readonly Lock _gate = new();
    private readonly double[] _script;
    private readonly bool _repeats;
    private int _next;

    /// <summary>Takes the numbers in order; a draw past the last fails.</summary>
    /// <param name="script">Numbers in [0, 1).</param>
    public ScriptedRandom(params double[] script)
        : this(script, repeats: false)
    {
    }

    private ScriptedRandom(double[] script, bool repeats)
    {
        foreach (var number in script)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(number, 0, nameof(script));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, 1, nameof(script));
        }

        _script = script;
        _repeats = repeats;
    }

    /// <summary>How many numbers were drawn.</summary>
    public int Draws
    {
        get
        {
            lock (_gate)
            {
                return _next;
            }
        }
    }

    /// <summary>Takes the numbers in order, over and over.</summary>
    public static ScriptedRandom Repeating(params double[] script) => new(script, repeats: true);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The script is used up.</exception>
    public override double NextDouble()
    {
        lock (_gate)
        {
            if (_script.Length == 0 || (!_repeats && _next >= _script.Length))
            {
                throw new InvalidOperationException($"The script has {_script.Length} numbers and one more was drawn.");
            }

            return _script[_next++ % _script.Length];
        }
    }

    /// <inheritdoc/>
    public override float NextSingle() => Math.Min((float)NextDouble(), MathF.BitDecrement(1f));

    /// <inheritdoc/>
    public override int Next() => Next(0, int.MaxValue);

    /// <inheritdoc/>
    public override int Next(int maxValue) => Next(0, maxValue);

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    /// <inheritdoc/>
    public override long NextInt64() => NextInt64(0, long.MaxValue);

    /// <inheritdoc/>
    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    /// <inheritdoc/>
    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        var range = (decimal)maxValue - minValue;
        return (long)(minValue + decimal.Floor((decimal)NextDouble() * range));
    }

    /// <inheritdoc/>
    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    /// <inheritdoc/>
    public override void NextBytes(Span<byte> buffer)
    {
        foreach (ref var b in buffer)
        {
            b = (byte)Next(0, 256);
        }
    }

    /// <inheritdoc/>
    protected override double Sample() => NextDouble();
}
