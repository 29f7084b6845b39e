namespace EdgeMesh.Latency.Coordinates;

/// <summary>The coordinate that a node tells others than its probe partners: it stays put until its own has really moved.</summary>
/// <remarks>
/// Ledlie's application-level coordinate with the ENERGY heuristic (Ledlie, Pietzuch and Seltzer, "Stable and Accurate Network
/// Coordinates", ICDCS 2006; "update filter" in NSDI 2007): a window of where the coordinate was when it was last told is held against a window of where it is now, by the energy
/// distance of the two sets (Szekely); past the threshold the middle of the newer window is told. Not thread-safe: one owner takes; anyone
/// may read <see cref="Current"/>. Takes cost some 20,000 multiplications: once per probe round is plenty.
/// </remarks>
public sealed class PublishedCoordinate
{
    /// <summary>Coordinates in each window (ICDCS 2006).</summary>
    public const int Window = 32;

    /// <summary>The energy distance, in milliseconds, past which a move is real (ICDCS 2006: tau of 8).</summary>
    public const double ThresholdMilliseconds = 8;

    private readonly Queue<Coordinate> _recent = new();
    private Coordinate[] _start = [];
    private double _withinStart;
    private volatile Coordinate _current = Coordinate.Origin;

    /// <summary>What to tell.</summary>
    public Coordinate Current => _current;

    /// <summary>Takes the node's coordinate after a probe or a round of probes.</summary>
    /// <returns>True if <see cref="Current"/> changed.</returns>
    public bool Take(Coordinate coordinate)
    {
        _recent.Enqueue(coordinate);
        if (_recent.Count > Window)
        {
            _recent.Dequeue();
        }

        if (_start.Length == 0)
        {
            // Until the first window is full the newest is the best there is.
            _current = coordinate;
            if (_recent.Count == Window)
            {
                Start(_recent.ToArray());
            }

            return true;
        }

        var recent = _recent.ToArray();
        if (EnergyMilliseconds(recent) <= ThresholdMilliseconds)
        {
            return false;
        }

        Start(recent);
        _current = Middle(recent);
        return true;
    }

    private void Start(Coordinate[] window)
    {
        _start = window;
        _withinStart = Sum(window, window);
    }

    /// <summary>The energy distance of the two windows, scaled by nm / (n + m) as in the two-sample test.</summary>
    private double EnergyMilliseconds(Coordinate[] recent)
    {
        const double Pairs = Window * Window;
        var energy = ((2 * Sum(_start, recent)) - _withinStart - Sum(recent, recent)) / Pairs;
        return Pairs / (2 * Window) * energy * 1000;
    }

    private static double Sum(Coordinate[] a, Coordinate[] b)
    {
        var sum = 0.0;
        foreach (var x in a)
        {
            foreach (var y in b)
            {
                sum += Separation(x, y);
            }
        }

        return sum;
    }

    /// <summary>How far the same node was from itself: heights differ instead of adding up, unlike between two nodes.</summary>
    private static double Separation(Coordinate x, Coordinate y)
    {
        var sum = Square(x.HeightSeconds - y.HeightSeconds) + Square(x.AdjustmentSeconds - y.AdjustmentSeconds);
        for (var i = 0; i < Coordinate.Dimensions; i++)
        {
            sum += Square(x.Position[i] - y.Position[i]);
        }

        return Math.Sqrt(sum);
    }

    private static double Square(double value) => value * value;

    private static Coordinate Middle(Coordinate[] window)
    {
        var position = new double[Coordinate.Dimensions];
        foreach (var coordinate in window)
        {
            for (var i = 0; i < position.Length; i++)
            {
                position[i] += coordinate.Position[i] / window.Length;
            }
        }

        return new Coordinate(position, window.Average(c => c.HeightSeconds), window.Average(c => c.AdjustmentSeconds), window.Average(c => c.Error));
    }
}
