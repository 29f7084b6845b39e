using EdgeMesh.Relay.Policies;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgeMesh.Relay.Tests.Policies;

public sealed class PolicyRulesTests
{
    [Theory]
    [InlineData("*")]
    [InlineData("shop.*")]
    [InlineData("shop.v1.*")]
    [InlineData("shop.v1.Catalog/*")]
    [InlineData("shop.v1.Catalog/Get*")]
    [InlineData("shop.v1.Catalog/GetProduct")]
    [InlineData("Catalog/Get")]
    public void Check_Pattern_IsTaken(string pattern) => Assert.Empty(PolicyRules.Check(new Policy { Rules = { new CacheRule { Methods = { pattern } } } }));

    [Theory]
    [InlineData("")]
    [InlineData("/shop.v1.Catalog/Get")]
    [InlineData("shop.v1.Cat*")]
    [InlineData("shop.v1.Catalog")]
    [InlineData("*.Catalog/Get")]
    [InlineData("shop.v1.Catalog/G*t")]
    [InlineData("shop..v1.Catalog/Get")]
    [InlineData("shop.v1.Catalog/Get\n")]
    [InlineData("shöp.Catalog/Get")]
    public void Check_NoPattern_IsRefusedByPath(string pattern)
    {
        var fault = Assert.Single(PolicyRules.Check(new Policy { Rules = { new CacheRule { Methods = { "ok.v1.A/B", pattern } } } }));

        Assert.Equal("rules[0].methods[1]", fault.Path);
        Assert.Contains("must be a method like", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ManyFaults_NamesEach()
    {
        var policy = new Policy
        {
            Rules =
            {
                new CacheRule
                {
                    Methods = { "a.B/C" },
                    Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(-1)),
                    NegativeTtl = { ["PERMISSION_DENIED"] = new Duration() },
                    KeyFields = { "a..b", "x", "x.y" },
                    IgnoredFields = { "z" },
                    KeyMetadata = { "Authorization", "authorization", "x-lang", "x-lang", "te" },
                    Identity = { "caller", "shared", "metadata:", "credential:x-session" },
                    Tags = { "product:{id", "a b", "ok:{response.id}" },
                    RequestDirectives = { "max-stale" },
                    MaxBytes = 0,
                    Flow = MethodFlow.ServerStreaming,
                },
                new CacheRule { Methods = { "a.B/C" }, Ttl = new Duration { Seconds = 400L * 24 * 3600 } },
                new CacheRule(),
            },
        };

        var paths = PolicyRules.Check(policy).Select(fault => fault.Path);

        Assert.Equal(
            [
                "rules[0].ttl", "rules[0].negative_ttl", "rules[0].key_fields[0]", "rules[0].key_fields[2]", "rules[0].ignored_fields", "rules[0].key_metadata[0]", "rules[0].key_metadata[1]",
                "rules[0].key_metadata[3]", "rules[0].key_metadata[4]", "rules[0].identity[2]", "rules[0].identity", "rules[0].tags[0]", "rules[0].tags[1]", "rules[0].request_directives[0]", "rules[0].max_bytes",
                "rules[0].flow", "rules[1].methods[0]", "rules[1].ttl", "rules[2].methods",
            ],
            paths);
    }

    [Fact]
    public void Check_TooLarge_SaysSoOnly()
    {
        var policy = new Policy { Rules = { new CacheRule { Methods = { "a.B/C" }, Tags = { new string('x', PolicyRules.MaxBytes) } } } };

        Assert.Contains("must not be longer than 1048576 bytes", Assert.Single(PolicyRules.Check(policy)).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever bytes parse as a policy is refused by name, or makes a model; and no pattern that was refused matches anything.</summary>
    [Fact]
    public void Check_Fuzzed_IsRefusedOrInForceAndNeverThrows()
    {
        var seed = new Policy
        {
            Rules =
            {
                new CacheRule { Methods = { CatalogTypes.Get }, Ttl = new Duration { Seconds = 60 }, KeyFields = { "product_id", "page.token" }, Tags = { "p:{product_id}" }, Identity = { "shared" }, NegativeTtl = { ["NOT_FOUND"] = new Duration { Seconds = 5 } } },
                new CacheRule { Methods = { "shop.v1.*", "a.B/C*" }, IgnoredFields = { "3" }, KeyMetadata = { "x-lang" }, RequestDirectives = { "no-cache" }, MaxBytes = 10, NoStore = true, Shadow = true },
            },
        }.ToByteArray();
        var edits = Gen.Choose(0, seed.Length - 1).Zip(Gen.Choose(0, 255)).ListOf();
        var inForce = 0;
        Prop.ForAll(Arb.From(edits), list =>
        {
            var bytes = (byte[])seed.Clone();
            foreach (var (at, value) in list.Take(6))
            {
                bytes[at] = (byte)value;
            }

            Policy policy;
            try
            {
                policy = Policy.Parser.ParseFrom(bytes);
            }
            catch (InvalidProtocolBufferException)
            {
                return;
            }

            if (PolicyRules.Check(policy).Count == 0)
            {
                var resolution = PolicyResolver.Resolve(policy, 1, CatalogTypes.Methods());
                _ = new PolicyModel(resolution.Effective).Find("/" + CatalogTypes.Get);
                Interlocked.Increment(ref inForce);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

        Assert.True(inForce > 20, $"only {inForce} were in force: the fuzzer tries nothing");
    }
}
