using EdgeMesh.Region.Log;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Region.Tests.Log;

public sealed class InvalidationRulesTests
{
    [Fact]
    public void FindViolations_EachKindOfTarget_IsRight() =>
        Assert.Empty(InvalidationRules.FindViolations(new Invalidation
        {
            Note = "price list of spring",
            Soft = true,
            Targets =
            {
                new InvalidationTarget { Tag = "product:7" },
                new InvalidationTarget { Tag = "größe" },
                new InvalidationTarget { Method = "shop.v1.Catalog/GetProduct" },
                new InvalidationTarget { Request = new InvalidatedRequest { Method = "shop.v1.Catalog/GetProduct", Message = ByteString.CopyFrom(new byte[65536]) } },
                new InvalidationTarget { All = true },
            },
        }));

    [Theory]
    [InlineData("", "invalidation.targets[0].tag")]
    [InlineData("a b", "invalidation.targets[0].tag")]
    [InlineData("a,b", "invalidation.targets[0].tag")]
    [InlineData("a\n", "invalidation.targets[0].tag")]
    public void FindViolations_BadTag_IsNamedWithItsValue(string tag, string field) => AssertViolation(field, new InvalidationTarget { Tag = tag });

    [Fact]
    public void FindViolations_TagOfTooManyBytes_IsNamed() => AssertViolation("invalidation.targets[0].tag", new InvalidationTarget { Tag = new string('ö', 129) });

    [Theory]
    [InlineData("")]
    [InlineData("/shop.v1.Catalog/GetProduct")]
    [InlineData("GetProduct")]
    [InlineData("shop.v1.Catalog/")]
    [InlineData("a/b/c")]
    [InlineData("a/ b")]
    public void FindViolations_BadMethod_IsNamed(string method)
    {
        AssertViolation("invalidation.targets[0].method", new InvalidationTarget { Method = method });
        AssertViolation("invalidation.targets[0].request.method", new InvalidationTarget { Request = new InvalidatedRequest { Method = method } });
    }

    [Fact]
    public void FindViolations_Limits_AreNamedWithTheirValues()
    {
        AssertViolation("invalidation.targets[0].request.message", new InvalidationTarget { Request = new InvalidatedRequest { Method = "a/b", Message = ByteString.CopyFrom(new byte[65537]) } });
        AssertViolation("invalidation.targets[0].all", new InvalidationTarget { All = false });
        AssertViolation("invalidation.targets[0]", new InvalidationTarget());
        AssertViolation("invalidation.targets");
        AssertViolation("invalidation.targets", [.. Enumerable.Repeat(new InvalidationTarget { All = true }, 257)]);
        var many = Enumerable.Repeat(new InvalidationTarget { Request = new InvalidatedRequest { Method = "a/b", Message = ByteString.CopyFrom(new byte[65536]) } }, 17);
        AssertViolation("invalidation", [.. many]);
        Assert.Equal("invalidation", Assert.Single(InvalidationRules.FindViolations(null)).Field);
        Assert.Equal("invalidation.note", Assert.Single(InvalidationRules.FindViolations(new Invalidation { Note = new string('x', 201), Targets = { new InvalidationTarget { All = true } } })).Field);
    }

    private static void AssertViolation(string field, params InvalidationTarget[] targets) =>
        Assert.Equal(field, Assert.Single(InvalidationRules.FindViolations(new Invalidation { Targets = { targets } })).Field);
}
