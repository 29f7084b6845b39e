using EdgeMesh.Relay.Cache;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Relay.Tests;

public sealed class AnswerRulesTests
{
    private static readonly Gen<string[]> Directives = Gen.Elements(
        "max-age=60", "s-maxage=90", "stale-while-revalidate=30", "stale-if-error=300", "public", "must-revalidate", "proxy-revalidate", "no-store", "private", "no-cache", "max-age=x", "stale-if-error=-1", "something-new")
        .ArrayOf();

    [Fact]
    public void Read_AnyDirectives_NothingIsPermittedThatAFieldForbids()
    {
        Prop.ForAll(Directives.ToArbitrary(), Directives.ToArbitrary(), (general, targeted) =>
        {
            var rules = Read(general, targeted);
            var all = general.Concat(targeted).ToArray();
            var permits = targeted.Length > 0 ? targeted : general;
            var isNeverStale = all.Contains("must-revalidate") || all.Contains("proxy-revalidate") || permits.Contains("s-maxage=90");
            return !rules.MayStore
                || (!all.Intersect(["no-store", "private", "no-cache"]).Any()
                    && rules.Lifetime == TimeSpan.FromSeconds(permits.Contains("s-maxage=90") ? 90 : 60)
                    && rules.IsPublic == permits.Contains("public")
                    && rules.StaleWhileRevalidate == TimeSpan.FromSeconds(!isNeverStale && permits.Contains("stale-while-revalidate=30") ? 30 : 0)
                    && rules.StaleIfError == TimeSpan.FromSeconds(!isNeverStale && permits.Contains("stale-if-error=300") && !permits.Contains("stale-if-error=-1") ? 300 : 0));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Read_TrailersOnly_IsNeverStoredUnlessItIsNotFound()
    {
        for (var status = 0; status <= 16; status++)
        {
            using var response = new HttpResponseMessage();
            response.Headers.TryAddWithoutValidation("cache-control", "max-age=60");
            response.Headers.TryAddWithoutValidation("grpc-status", $"{status}");

            Assert.Equal(status == 5, AnswerRules.Read(response).MayStore);
        }
    }

    [Theory]
    [InlineData("max-age=60, no-transform", "gzip", "no-transform")]
    [InlineData("max-age=60, no-transform", "identity", null)]
    [InlineData("max-age=60", "gzip", null)]
    public void Read_CodedAnswerThatForbidsTransforming_IsNotStored(string cacheControl, string coding, string? refusal)
    {
        // RFC 9111 section 5.2.2.6.
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("cache-control", cacheControl);
        response.Headers.TryAddWithoutValidation("grpc-encoding", coding);

        Assert.Equal(refusal, AnswerRules.Read(response).Refusal);
    }

    private static AnswerRules Read(string[] general, string[] targeted)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("cache-control", string.Join(", ", general));
        response.Headers.TryAddWithoutValidation("cdn-cache-control", targeted);
        return AnswerRules.Read(response);
    }
}
