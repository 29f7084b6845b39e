using EdgeMesh.GrpcStack.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class RequestGateTests
{
    [Fact]
    public void LiftLimits_SizeAndRate()
    {
        var http = new DefaultHttpContext();
        var size = new SizeFeature { MaxRequestBodySize = 1 };
        var rate = new RateFeature { MinDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5)) };
        http.Features.Set<IHttpMaxRequestBodySizeFeature>(size);
        http.Features.Set<IHttpMinRequestBodyDataRateFeature>(rate);

        RequestGate.LiftLimits(http);

        Assert.Null(size.MaxRequestBodySize);
        Assert.Null(rate.MinDataRate);
    }

    [Fact]
    public void LiftLimits_NoFeaturesOrReadOnly_ChangesNothing()
    {
        RequestGate.LiftLimits(new DefaultHttpContext());
        var http = new DefaultHttpContext();
        var size = new SizeFeature { MaxRequestBodySize = 1, IsReadOnly = true };
        http.Features.Set<IHttpMaxRequestBodySizeFeature>(size);

        RequestGate.LiftLimits(http);

        Assert.Equal(1, size.MaxRequestBodySize);
    }

    private sealed class SizeFeature : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly { get; init; }

        public long? MaxRequestBodySize { get; set; }
    }

    private sealed class RateFeature : IHttpMinRequestBodyDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; }
    }
}
