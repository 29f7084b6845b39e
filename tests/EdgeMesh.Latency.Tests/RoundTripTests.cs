namespace EdgeMesh.Latency.Tests;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1e-9)]
    [InlineData(10_000.1)]
    [InlineData(double.MaxValue)]
    public void TryFromMilliseconds_WhatCannotBe_IsRefused(double milliseconds) =>
        Assert.False(RoundTrip.TryFromMilliseconds(milliseconds, out _));

    [Theory]
    [InlineData(10, 2, 8)]
    [InlineData(10, 0, 10)]
    [InlineData(10, -5, 10)]
    [InlineData(10, 9, 5)]
    [InlineData(10, 1e9, 5)]
    [InlineData(-10, 3, -10)]
    public void Of_BelievesAtMostHalf(double elapsed, double residence, double expected) =>
        Assert.Equal(expected, RoundTrip.Of(TimeSpan.FromMilliseconds(elapsed), TimeSpan.FromMilliseconds(residence)).TotalMilliseconds);
}
