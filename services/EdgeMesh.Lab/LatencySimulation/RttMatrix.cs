using EdgeMesh.Latency;

namespace EdgeMesh.Lab.LatencySimulation;

/// <summary>Round-trip times between named places, milliseconds: the truth that a simulation is about. Immutable.</summary>
public sealed class RttMatrix
{
    /// <summary>The most rows: memory is the square of it, 128 MiB.</summary>
    public const int MaxRows = 4096;

    /// <summary>The fewest rows: a client, and two nodes to choose from.</summary>
    public const int MinRows = 3;

    private readonly double[][] _milliseconds;

    /// <summary>Takes a matrix.</summary>
    /// <param name="names">One name a row.</param>
    /// <param name="milliseconds">Rows of round trips from the row's place to each column's. The diagonal is not used.</param>
    /// <exception cref="RttMatrixException">Not square, too small or large, a name twice, or a value that is negative, no number, or longer than <see cref="RoundTrip.Longest"/>: names row and column.</exception>
    public RttMatrix(IReadOnlyList<string> names, double[][] milliseconds)
    {
        if (milliseconds.Length is < MinRows or > MaxRows)
        {
            throw new RttMatrixException($"the matrix has {milliseconds.Length} rows, want {MinRows} to {MaxRows}");
        }

        for (var row = 0; row < milliseconds.Length; row++)
        {
            if (milliseconds[row].Length != milliseconds.Length)
            {
                throw new RttMatrixException($"the matrix is not square: row {row + 1} ({names[row]}) has {milliseconds[row].Length} values, and there are {milliseconds.Length} rows");
            }

            for (var column = 0; column < milliseconds.Length; column++)
            {
                Check(names, row, column, milliseconds[row][column]);
            }
        }

        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new RttMatrixException($"two rows are named '{twice.Key}'");
        }

        Names = names;
        _milliseconds = milliseconds;
    }

    /// <summary>The rows' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How many rows, and columns, there are.</summary>
    public int Count => _milliseconds.Length;

    /// <summary>The round trip from one place to another, milliseconds, 0 or more.</summary>
    public double this[int from, int to] => _milliseconds[from][to];

    private static void Check(IReadOnlyList<string> names, int row, int column, double value)
    {
        var wrong = double.IsNaN(value) ? "no number"
            : value < 0 ? $"{value} ms, negative"
            : value > RoundTrip.Longest.TotalMilliseconds ? $"{value} ms, longer than {RoundTrip.Longest.TotalMilliseconds}"
            : null;
        if (wrong is not null && row != column)
        {
            throw new RttMatrixException($"row {row + 1} ({names[row]}), column {column + 1} ({names[column]}) is {wrong}");
        }
    }
}
