using System.Net;
using EdgeMesh.Latency.Coordinates;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Latency.Samples;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Latency.Tests.Reports;

public sealed class ClientReportsTests
{
    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(80);

    private readonly ManualTimeProvider _time = new();
    private readonly ClientReports _reports;

    public ClientReportsTests() => _reports = new ClientReports(_time);

    [Fact]
    public void Read_SeveralClients_AddsThemUp()
    {
        Assert.Equal(ReportOutcome.Taken, Report("192.0.2.1", 1, (Near, 90)));
        Assert.Equal(ReportOutcome.Taken, Report("192.0.2.1", 2, (Near, 100)));
        Assert.Equal(ReportOutcome.Taken, Report("2001:db8::1", 1, (Far, 10)));
        _time.Advance(TimeSpan.FromMinutes(1));

        var read = _reports.Read();

        Assert.Equal((3, 200L, TimeSpan.FromMinutes(1)), (read.Clients, read.RoundTrips.Count, read.Reach));
        Assert.InRange(read.RoundTrips.Quantile(0.5)!.Value, Near * 0.99, Near * 1.01);
        Assert.InRange(read.RoundTrips.Quantile(0.99)!.Value, Far * 0.99, Far * 1.01);
        Assert.Equal(0.95, read.RoundTrips.ShareWithin(TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public void Read_AnHourLater_HasForgotten()
    {
        Report("192.0.2.1", 1, (Near, 100));
        _time.Advance(SlidingSketch.Window - TimeSpan.FromSeconds(1));
        Assert.Equal(100, _reports.Read().RoundTrips.Count);

        _time.Advance(TimeSpan.FromSeconds(2));

        var read = _reports.Read();
        Assert.Equal((0, 0L, TimeSpan.Zero), (read.Clients, read.RoundTrips.Count, read.Reach));
    }

    [Fact]
    public void Take_SameClientWithinFiveSeconds_IsTooSoon()
    {
        Report("192.0.2.1", 1, (Near, 1));
        _time.Advance(ClientReports.LeastInterval - TimeSpan.FromTicks(1));
        Assert.Equal(ReportOutcome.TooSoon, Report("192.0.2.1", 1, (Near, 1)));

        // The same name from elsewhere is another client.
        Assert.Equal(ReportOutcome.Taken, Report("192.0.2.2", 1, (Near, 1)));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(ReportOutcome.Taken, Report("192.0.2.1", 1, (Near, 1)));
        Assert.Equal(3, _reports.Read().RoundTrips.Count);
    }

    [Fact]
    public void Take_MoreThanAnAddressMaySay_IsThinnedWithItsQuantiles()
    {
        for (var honest = 1; honest <= 10; honest++)
        {
            Report($"198.51.100.{honest}", 1, (Near, 100));
        }

        Report("192.0.2.66", 1, (Near, 90_000_000_000), (Far, 10_000_000_000));

        var read = _reports.Read();
        Assert.Equal(2 * ClientReports.Burst, read.RoundTrips.Count);
        Assert.Equal(0.95, read.RoundTrips.ShareWithin(TimeSpan.FromMilliseconds(10)));

        // The allowance grows by ten a second.
        _time.Advance(TimeSpan.FromSeconds(10));
        Report("192.0.2.66", 1, (Far, ulong.MaxValue), (Near, ulong.MaxValue));
        Assert.Equal((2 * ClientReports.Burst) + 100, _reports.Read().RoundTrips.Count);
    }

    [Fact]
    public void Take_ManyNamesFromOneAddress_AreRefused()
    {
        for (var client = 0; client < ClientReports.MaxClientsPerAddress; client++)
        {
            Assert.Equal(ReportOutcome.Taken, Report("2001:db8::1", client, (Near, 1)));
        }

        // A /64 is one address.
        Assert.Equal(ReportOutcome.TooManyClients, Report("2001:db8::2", 1000, (Near, 1)));
        Assert.Equal(ReportOutcome.Taken, Report("2001:db8:0:1::2", 1000, (Near, 1)));
        _time.Advance(SlidingSketch.Window + TimeSpan.FromTicks(1));
        Assert.Equal(ReportOutcome.Taken, Report("2001:db8::2", 1000, (Near, 1)));
    }

    [Fact]
    public void TakePlaces_OfReports_AreOneForEachNetworkAndOnlyOnce()
    {
        var london = LocationCodes.Find("LHR")!.Position;
        Report("192.0.2.1", 1, new ClientPlace(Coordinate.Origin, null));
        Report("192.0.2.200", 1, new ClientPlace(null, london));
        Report("::ffff:192.0.2.201", 1, new ClientPlace(null, null));
        Report("2001:db8:1:2::3", 1, new ClientPlace(null, london));

        var places = _reports.TakePlaces(256);

        Assert.Equal(["192.0.2.0/24", "2001:db8:1::/48"], places.Select(place => place.Network.ToString()));
        Assert.Equal(new ClientPlace(Coordinate.Origin, london), places[0].Place);
        Assert.Empty(_reports.TakePlaces(256));
    }

    [Fact]
    public void Take_Anything_StaysBounded() =>
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).Three().ListOf(300).ToArbitrary(),
            draws =>
            {
                var reports = new ClientReports(_time);
                foreach (var (address, length, count) in draws)
                {
                    reports.Take(new ClientReport(new IPAddress((uint)address % 7), BitConverter.GetBytes(length), [(TimeSpan.FromTicks(length), (ulong)count << (count % 33))], new(null, null)));
                }

                var read = reports.Read();
                return read.RoundTrips.Count <= 7 * ClientReports.Burst && read.Clients <= 7 * ClientReports.MaxClientsPerAddress;
            }).QuickCheckThrowOnFailure();

    private ReportOutcome Report(string from, int client, params (TimeSpan RoundTrip, ulong Count)[] roundTrips) =>
        _reports.Take(new ClientReport(IPAddress.Parse(from), BitConverter.GetBytes(client), roundTrips, new(null, null)));

    private void Report(string from, int client, ClientPlace place) => _reports.Take(new ClientReport(IPAddress.Parse(from), BitConverter.GetBytes(client), [], place));
}
