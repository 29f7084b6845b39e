using EdgeMesh.Latency.Coordinates;

namespace EdgeMesh.Latency.Tests.Coordinates;

public sealed class CoordinateTests
{
    [Theory]
    [InlineData(double.NaN, 0.001, 0, 0.5)]
    [InlineData(double.PositiveInfinity, 0.001, 0, 0.5)]
    [InlineData(10.1, 0.001, 0, 0.5)]
    [InlineData(0, -0.001, 0, 0.5)]
    [InlineData(0, 11, 0, 0.5)]
    [InlineData(0, double.NaN, 0, 0.5)]
    [InlineData(0, 0.001, double.NaN, 0.5)]
    [InlineData(0, 0.001, -10.1, 0.5)]
    [InlineData(0, 0.001, 0, -0.1)]
    [InlineData(0, 0.001, 0, double.NaN)]
    public void TryCreate_WhatNoNodeCanHave_IsRefused(double component, double height, double adjustment, double error)
    {
        var position = new double[Coordinate.Dimensions];
        position[3] = component;

        Assert.False(Coordinate.TryCreate(position, height, adjustment, error, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(9)]
    public void TryCreate_OtherDimensions_IsRefused(int dimensions) =>
        Assert.False(Coordinate.TryCreate(new double[dimensions], 0.001, 0, 0.5, out _));

    [Fact]
    public void TryCreate_ErrorAndHeightOutsideTheirRange_AreBrought()
    {
        Assert.True(Coordinate.TryCreate(new double[Coordinate.Dimensions], 0, 0, 99, out var coordinate));

        Assert.Equal(Coordinate.MinHeightSeconds, coordinate.HeightSeconds);
        Assert.Equal(Coordinate.MaxError, coordinate.Error);
    }

    [Fact]
    public void DistanceTo_AddsEuclideanPartHeightsAndAdjustments()
    {
        var a = At(0.003, 0.004, height: 0.001, adjustment: 0.0005);
        var b = At(0, 0, height: 0.002, adjustment: -0.0001);

        // 5 + 1 + 2 + 0.5 - 0.1
        Assert.Equal(8.4, a.DistanceTo(b).TotalMilliseconds, 3);
        Assert.Equal(a.DistanceTo(b), b.DistanceTo(a));
    }

    [Fact]
    public void DistanceTo_AdjustmentsThatWouldMakeItNegative_AreLeftOut()
    {
        var a = At(0.003, 0.004, height: 0.001, adjustment: -0.1);

        Assert.Equal(6.01, a.DistanceTo(Coordinate.Origin).TotalMilliseconds, 3);
    }

    private static Coordinate At(double x, double y, double height, double adjustment)
    {
        var position = new double[Coordinate.Dimensions];
        (position[0], position[1]) = (x, y);
        Assert.True(Coordinate.TryCreate(position, height, adjustment, 0.1, out var coordinate));
        return coordinate;
    }
}
