namespace EdgeMesh.Latency.Positions;

/// <summary>What round trip to expect of a distance on the map.</summary>
/// <remarks>
/// Light in fibre needs 1 ms there and back for 100 km; cables do not run along great circles, and both ends have an access network.
/// The stretch and the spread are round numbers of the literature, not fitted to any matrix here.
/// </remarks>
public static class GreatCircle
{
    /// <summary>Two thirds of the speed of light in vacuum (refractive index of fibre 1.468), there and back: kilometres per millisecond of round trip.</summary>
    public const double KilometresPerRoundTripMillisecond = 102;

    /// <summary>Route length over great-circle length. Katz-Bassett et al., "Towards IP Geolocation Using Delay and Topology Measurements" (IMC 2006), section 2: 4/9 of c end to end is typical, that is 1.5 times fibre's 2/3.</summary>
    public const double RouteStretch = 1.5;

    /// <summary>Access networks and equipment at both ends.</summary>
    public const double AccessMilliseconds = 2;

    /// <summary>Share of the expected round trip that it is wrong by, one standard deviation: routes' stretch spreads from 1.1 to over 2.</summary>
    public const double RelativeSpread = 0.35;

    /// <summary>No round trip over this distance is shorter: light in fibre along the great circle.</summary>
    public static TimeSpan Least(double kilometres) => TimeSpan.FromMilliseconds(kilometres / KilometresPerRoundTripMillisecond);

    /// <summary>The round trip to expect over a distance.</summary>
    /// <param name="kilometres">Great-circle distance, 0 or more.</param>
    public static TimeSpan Expected(double kilometres) =>
        TimeSpan.FromMilliseconds(AccessMilliseconds + (RouteStretch * kilometres / KilometresPerRoundTripMillisecond));

    /// <summary>How wrong <see cref="Expected"/> is likely to be, one standard deviation.</summary>
    public static TimeSpan Uncertainty(double kilometres) => Expected(kilometres) * RelativeSpread;
}
