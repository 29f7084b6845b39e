using System.Net;
using System.Net.Sockets;
using EdgeMesh.Latency.Samples;

namespace EdgeMesh.Latency.Reports;

/// <summary>Adds up what clients report to a node, so that nobody's report weighs more than another's.</summary>
/// <remarks>
/// Anybody may report anything, so each thing that a client can make grow is bounded, and what one address tells counts up to an allowance: beyond it, its samples are thinned evenly, which
/// leaves its quantiles as they were. An address is one of IPv4, or a /64 of IPv6. Thread-safe: one lock. At most 12 MiB.
/// </remarks>
public sealed class ClientReports
{
    /// <summary>The shortest time between two reports of a client.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(5);

    /// <summary>The time between reports to ask for: twice the least, so that jitter makes none too early.</summary>
    public static readonly TimeSpan Interval = 2 * LeastInterval;

    /// <summary>Round trips of one address that count at once.</summary>
    public const int Burst = 1_000;

    /// <summary>Round trips of one address that count in a second, when it goes on.</summary>
    public const int PerSecond = 10;

    /// <summary>Clients of one address: an office, not a botnet.</summary>
    public const int MaxClientsPerAddress = 64;

    /// <summary>Addresses remembered; the longest unheard is forgotten first, and could begin anew.</summary>
    public const int MaxAddresses = 4_096;

    /// <summary>Networks kept for the next <see cref="TakePlaces"/>.</summary>
    public const int MaxNetworks = 1_024;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly RecencyTable<IPNetwork, Address> _addresses = new(MaxAddresses);
    private readonly RecencyTable<IPNetwork, ClientPlace> _places = new(MaxNetworks);
    private readonly SlidingSketch _roundTrips = new();

    /// <summary>Starts empty.</summary>
    /// <param name="time">The clock of windows and intervals.</param>
    public ClientReports(TimeProvider time) => (_time, _started) = (time, time.GetTimestamp());

    /// <summary>Takes a report.</summary>
    public ReportOutcome Take(ClientReport report)
    {
        lock (_gate)
        {
            var now = _time.GetElapsedTime(_started);
            var key = KeyOf(report.From);
            if (!_addresses.TryFind(key, out var address))
            {
                address = new Address(now);
            }

            _addresses.Set(key, address);
            var outcome = address.Admit(report.Client.Span, now);
            if (outcome == ReportOutcome.Taken)
            {
                CountLocked(report.RoundTrips, address, now);
                PlaceLocked(report);
            }

            return outcome;
        }
    }

    /// <summary>What was reported in the last hour.</summary>
    public ReportedLatency Read()
    {
        lock (_gate)
        {
            var now = _time.GetElapsedTime(_started);
            var (values, reach) = _roundTrips.Read(now);
            return new(values, _addresses.Values.Sum(address => address.ClientsSince(now - SlidingSketch.Window)), reach);
        }
    }

    /// <summary>Takes out where clients said they are, by network, since the last time.</summary>
    /// <param name="most">How many networks at most; the others stay for the next time.</param>
    public IReadOnlyList<(IPNetwork Network, ClientPlace Place)> TakePlaces(int most)
    {
        lock (_gate)
        {
            return _places.Take(most);
        }
    }

    private static IPNetwork KeyOf(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPNetwork(plain, plain.AddressFamily == AddressFamily.InterNetwork ? 32 : 64);
    }

    /// <summary>Thins by accumulated shares, so that a rare long round trip has the chance that its share gives it.</summary>
    private void CountLocked(IReadOnlyList<(TimeSpan RoundTrip, ulong Count)> roundTrips, Address address, TimeSpan now)
    {
        var told = roundTrips.Sum(bucket => (double)bucket.Count);
        var allowed = address.Spend(told, now);
        double before = 0;
        foreach (var (roundTrip, count) in roundTrips.OrderBy(bucket => bucket.RoundTrip))
        {
            var after = before + (told > 0 ? count * allowed / told : 0);
            _roundTrips.Add(now, roundTrip, (long)(Math.Round(after) - Math.Round(before)));
            before = after;
        }
    }

    private void PlaceLocked(ClientReport report)
    {
        if (report.Place is { Coordinate: null, Position: null })
        {
            return;
        }

        var network = ClientNetworks.Of(report.From);
        _places.TryFind(network, out var known);
        _places.Set(network, new ClientPlace(report.Place.Coordinate ?? known?.Coordinate, report.Place.Position ?? known?.Position));
    }

    /// <summary>Its clients by the hash of what they call themselves, with the time of their last report; and its allowance, a token bucket.</summary>
    private sealed class Address(TimeSpan now)
    {
        private readonly Dictionary<int, TimeSpan> _clients = [];
        private double _left = Burst;
        private TimeSpan _read = now;

        public ReportOutcome Admit(ReadOnlySpan<byte> client, TimeSpan now)
        {
            var hash = default(HashCode);
            hash.AddBytes(client);
            var key = hash.ToHashCode();
            if (_clients.TryGetValue(key, out var last))
            {
                if (now - last < LeastInterval)
                {
                    return ReportOutcome.TooSoon;
                }
            }
            else if (_clients.Count >= MaxClientsPerAddress)
            {
                foreach (var (old, _) in _clients.Where(known => known.Value < now - SlidingSketch.Window).ToArray())
                {
                    _clients.Remove(old);
                }

                if (_clients.Count >= MaxClientsPerAddress)
                {
                    return ReportOutcome.TooManyClients;
                }
            }

            _clients[key] = now;
            return ReportOutcome.Taken;
        }

        /// <summary>How many of so many round trips may count.</summary>
        public double Spend(double wanted, TimeSpan now)
        {
            _left = Math.Min(Burst, _left + ((now - _read).TotalSeconds * PerSecond));
            _read = now;
            var spent = Math.Min(wanted, Math.Floor(_left));
            _left -= spent;
            return spent;
        }

        public int ClientsSince(TimeSpan since) => _clients.Values.Count(last => last >= since);
    }
}
