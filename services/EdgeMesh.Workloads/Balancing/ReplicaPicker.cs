namespace EdgeMesh.Workloads.Balancing;

/// <summary>Chooses the replica that a call goes to: two are drawn by their shares, the less loaded one gets it.</summary>
/// <remarks>
/// "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 2001). Load is what runs there for each unit of weight, and one for the call itself, times how long an answer takes
/// (as Finagle's peak EWMA, without the peak): a replica that is five times slower is left in peace until the others have five times as much to do. A difference of latency under
/// <see cref="LatencyNoise"/> is none: else whoever is a hair faster would get all of an idle workload's calls. Pure; the random source is given.
/// </remarks>
internal static class ReplicaPicker
{
    /// <summary>Ratio of two latencies that counts as the same.</summary>
    public const double LatencyNoise = 1.5;

    /// <summary>Picks; null: there is none that was not tried.</summary>
    /// <param name="model">Who takes calls.</param>
    /// <param name="tried">Who was tried already; null: nobody.</param>
    /// <param name="random">Draws.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public static ReplicaTarget? Pick(BalanceModel model, IReadOnlyCollection<ReplicaTarget>? tried, Random random, long now)
    {
        var targets = tried is null ? model.Targets : Array.FindAll(model.Targets, target => !tried.Contains(target));
        if (targets.Length < 2)
        {
            return targets.Length == 0 ? null : targets[0];
        }

        int first, second;
        if (model.AreAlike(now))
        {
            first = random.Next(targets.Length);
            second = random.Next(targets.Length - 1);
            second += second >= first ? 1 : 0;
        }
        else
        {
            first = Draw(model, targets, except: -1, random, now);
            second = Draw(model, targets, first, random, now);
        }

        return Compare(targets[first], targets[second], now) <= 0 ? targets[first] : targets[second];
    }

    private static int Draw(BalanceModel model, ReplicaTarget[] targets, int except, Random random, long now)
    {
        var sum = 0d;
        for (var i = 0; i < targets.Length; i++)
        {
            sum += i == except ? 0 : model.ShareOf(targets[i], now);
        }

        var drawn = random.NextDouble() * sum;
        var last = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            if (i == except)
            {
                continue;
            }

            last = i;
            drawn -= model.ShareOf(targets[i], now);
            if (drawn < 0)
            {
                break;
            }
        }

        return last;
    }

    private static int Compare(ReplicaTarget a, ReplicaTarget b, long now)
    {
        var (latencyA, latencyB) = (a.LatencySeconds(now), b.LatencySeconds(now));
        var ratio = latencyA > 0 && latencyB > 0 ? latencyA / latencyB : 1;
        if (ratio is < LatencyNoise and > 1 / LatencyNoise)
        {
            ratio = 1;
        }

        return (((a.InFlight / a.Weight) + 1) * ratio).CompareTo((b.InFlight / b.Weight) + 1);
    }
}
