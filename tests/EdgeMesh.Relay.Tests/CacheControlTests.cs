using EdgeMesh.Relay.Cache;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Tests;

public sealed class CacheControlTests
{
    private static readonly Gen<string> Pieces = Gen.Elements(
        "no-store", "private", "max-age", "s-maxage", "public", "=", ",", "\"", "\\", " ", "\t", "60", "-1", "99999999999999999999", ";", "x", "é", "\0");

    [Fact]
    public void Parse_AnyText_EndsAndNeverLosesAPlainRestriction()
    {
        Prop.ForAll(Pieces.ListOf().Select(string.Concat).ToArbitrary(), text =>
        {
            _ = CacheControl.Parse(text);

            // In a field of its own, and in front of any other text, a restriction holds.
            return CacheControl.Parse(new StringValues([text, "no-store"])).Forbids
                && CacheControl.Parse($"no-store,{text}").Forbids
                && CacheControl.Parse($"private=\"x\",{text}").Forbids;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Parse_AnyText_LifetimeIsNeverNegativeNorBeyondTheLimit()
    {
        Prop.ForAll(Pieces.ListOf().Select(string.Concat).ToArbitrary(), text =>
        {
            var parsed = CacheControl.Parse($"max-age={text}");
            return parsed.MaxAge is >= 0 and <= 1L << 31 && (parsed.SharedMaxAge ?? 0) is >= 0 and <= 1L << 31;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("max-age=60", 60L, null)]
    [InlineData("Max-Age = 60 , s-maxage=\"5\"", 60L, 5L)]
    [InlineData("max-age=60, max-age=10, max-age=30", 10L, null)]
    [InlineData("max-age", 0L, null)]
    [InlineData("max-age=1.5", 0L, null)]
    [InlineData("max-age=9999999999", 2147483648L, null)]
    [InlineData("x-max-age=60", null, null)]
    public void Parse_Lifetimes_AreReadAsTheRfcSays(string text, long? maxAge, long? sharedMaxAge)
    {
        var parsed = CacheControl.Parse(text);

        Assert.Equal(maxAge, parsed.MaxAge);
        Assert.Equal(sharedMaxAge, parsed.SharedMaxAge);
        Assert.False(parsed.Forbids);
    }

    [Theory]
    [InlineData("max-age=1, stale-while-revalidate=30, stale-if-error=60", 30L, 60L, false)]
    [InlineData("Stale-While-Revalidate=\"30\"", 30L, null, false)]
    [InlineData("stale-if-error=60, stale-if-error=5", null, 5L, false)]
    [InlineData("stale-while-revalidate, stale-if-error=x", 0L, 0L, false)]
    [InlineData("stale-while-revalidate=99999999999", 2147483648L, null, false)]
    [InlineData("must-revalidate", null, null, true)]
    [InlineData("stale-if-error=60, Proxy-Revalidate", null, 60L, true)]
    public void Parse_StaleWindows_AreReadAsTheRfcSays(string text, long? whileRevalidate, long? ifError, bool forbids)
    {
        // RFC 5861 sections 3 and 4; RFC 9111 sections 5.2.2.2 and 5.2.2.8.
        var parsed = CacheControl.Parse(text);

        Assert.Equal((whileRevalidate, ifError, forbids), (parsed.StaleWhileRevalidate, parsed.StaleIfError, parsed.ForbidsStale));
    }
}
