using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace EdgeMesh.Admin.Metrics;

/// <summary>Series by their attributes.</summary>
/// <remarks>
/// Two ways lead to a series: a small open-addressed table by the identity of the values (references; replaced as a whole when it grows, so
/// readers need no lock), and a dictionary by their text, which alone decides what is the same series. Thread-safe.
/// </remarks>
internal sealed class SeriesTable(int capacity, double[] bounds)
{
    // Places of the table of identities: twice as many as it ever holds, a power of two.
    private const int Places = 1024;
    private const int MaxTags = 8;

    private readonly ConcurrentDictionary<string, Series> _byText = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private Known?[] _known = new Known?[Places];
    private int _knownCount;

    /// <summary>All series.</summary>
    public IEnumerable<Series> All => _byText.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value);

    /// <summary>Finds or makes a series.</summary>
    public Series Get(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = 17;
        foreach (var (_, value) in tags)
        {
            hash = unchecked((hash * 31) + RuntimeHelpers.GetHashCode(value));
        }

        var known = Volatile.Read(ref _known);
        for (var place = hash & (Places - 1); known[place] is { } candidate; place = (place + 1) & (Places - 1))
        {
            if (candidate.Is(tags))
            {
                return candidate.Series;
            }
        }

        return FindByText(tags, hash);
    }

    /// <summary>Forgets all series.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _byText.Clear();
            _known = new Known?[Places];
            _knownCount = 0;
        }
    }

    private Series FindByText(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        var labels = Labels.Of(tags);
        if (!_byText.TryGetValue(labels, out var series))
        {
            series = _byText.GetOrAdd(_byText.Count < capacity ? labels : Labels.Overflow, static (text, limits) => new Series(text, limits), bounds);
        }

        // Values of other types are boxed anew each time: nothing to know them by.
        foreach (var (_, value) in tags)
        {
            if (value is not string)
            {
                return series;
            }
        }

        lock (_lock)
        {
            if (_knownCount < Places / 2 && tags.Length <= MaxTags)
            {
                var place = hash & (Places - 1);
                while (_known[place] is not null)
                {
                    place = (place + 1) & (Places - 1);
                }

                Volatile.Write(ref _known[place], new Known(tags.ToArray(), series));
                _knownCount++;
            }
        }

        return series;
    }

    private sealed class Known(KeyValuePair<string, object?>[] tags, Series series)
    {
        public Series Series => series;

        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length)
            {
                return false;
            }

            for (var i = 0; i < tags.Length; i++)
            {
                if (!ReferenceEquals(others[i].Value, tags[i].Value) || !ReferenceEquals(others[i].Key, tags[i].Key))
                {
                    return false;
                }
            }

            return true;
        }
    }
}

/// <summary>Attributes as label text: <c>rpc_method="shop.v1.Catalog/Get",rpc_system_name="grpc"</c>, in the order of their names.</summary>
internal static class Labels
{
    /// <summary>What stands for the attributes of measurements beyond the limit.</summary>
    public const string Overflow = "otel_metric_overflow=\"true\"";

    /// <summary>Writes attributes; a value that is null is left out.</summary>
    public static string Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            if (value is not null)
            {
                sorted[MetricNames.Label(name)] = value is bool truth ? (truth ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            }
        }

        return string.Join(',', sorted.Select(one => $"{one.Key}=\"{Escape(one.Value)}\""));
    }

    /// <summary>OpenMetrics section 5, "Escaping"; the same in the Prometheus text format.</summary>
    public static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
