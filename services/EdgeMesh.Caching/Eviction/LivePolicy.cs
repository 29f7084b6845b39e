using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeMesh.Caching.Eviction;

/// <summary>A policy that stores run, by the name that users write: <c>s3-fifo</c>, or <c>density:A</c> with the exponent of the density queues.</summary>
/// <remarks>The edge's option and the simulator read it alike. Immutable; thread-safe.</remarks>
public sealed record LivePolicy
{
    /// <summary>What <see cref="TryRead"/> takes.</summary>
    public const string Wanted = "s3-fifo, or density:A with an exponent A from 0 to 1 such as density:0.5";

    private const string S3FifoName = "s3-fifo";
    private const string DensityName = "density";

    private LivePolicy(double? exponent) => Exponent = exponent;

    /// <summary>S3-FIFO.</summary>
    public static LivePolicy S3Fifo { get; } = new((double?)null);

    /// <summary>Density queues with exponent 1: the fewest misses, and so calls to the origin.</summary>
    public static LivePolicy Default { get; } = new(1);

    /// <summary>Density queues.</summary>
    /// <param name="exponent">0 to 1.</param>
    public static LivePolicy DensityQueues(double exponent) => new(exponent);

    /// <summary>What size counts to the density queues, 0 to 1; null: not density queues.</summary>
    public double? Exponent { get; }

    /// <summary>Its name, as <see cref="TryRead"/> takes it.</summary>
    public string Name => Exponent is { } exponent ? string.Create(CultureInfo.InvariantCulture, $"{DensityName}:{exponent}") : S3FifoName;

    /// <summary>Reads a name; <c>density</c> alone is <see cref="Default"/>.</summary>
    public static bool TryRead(string text, [MaybeNullWhen(false)] out LivePolicy policy)
    {
        policy = text switch
        {
            S3FifoName => S3Fifo,
            DensityName => Default,
            _ when text.StartsWith(DensityName + ":", StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(DensityName.Length + 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var exponent)
                && exponent is >= 0 and <= 1 => new LivePolicy(exponent),
            _ => null,
        };
        return policy is not null;
    }

    /// <summary>Makes the policy over no entries.</summary>
    /// <param name="capacityBytes">At least 0.</param>
    /// <param name="random">As <see cref="DensityQueuesPolicy"/> takes it.</param>
    public EvictionPolicy Create(long capacityBytes, Random random) =>
        Exponent is { } exponent ? new DensityQueuesPolicy(capacityBytes, exponent, random) : new S3FifoPolicy(capacityBytes);

    /// <inheritdoc cref="Name"/>
    public override string ToString() => Name;
}
