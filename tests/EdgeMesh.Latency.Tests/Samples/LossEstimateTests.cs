using EdgeMesh.Latency.Samples;

namespace EdgeMesh.Latency.Tests.Samples;

public sealed class LossEstimateTests
{
    [Fact]
    public void Share_EveryTenthLost_IsATenth()
    {
        var loss = new LossEstimate();
        for (var i = 0; i < 1000; i++)
        {
            loss.Add(lost: i % 10 == 0);
        }

        Assert.InRange(loss.Share, 0.08, 0.12);
        Assert.Equal(0, loss.ConsecutiveLosses);
    }

    [Fact]
    public void Share_TheFirstProbeAlone_DoesNotStick()
    {
        var loss = new LossEstimate();
        loss.Add(lost: true);
        Assert.Equal(1, loss.Share);

        loss.Add(lost: false);
        Assert.Equal(0.5, loss.Share);
    }
}
