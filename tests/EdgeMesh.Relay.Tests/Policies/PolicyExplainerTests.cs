using System.Globalization;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Tests.Policies;

public sealed class PolicyExplainerTests
{
    private const string Path = "/" + CatalogTypes.Get;

    private static readonly string[] CacheControls = ["", "max-age=30", "max-age=0", "public", "public, max-age=7", "no-store", "private, max-age=9", "s-maxage=3, stale-if-error=5", "max-age=x", "must-revalidate"];
    private static readonly string[] Varies = ["", "", "", "x-lang", "x-lang, x-tenant", "*", "authorization", "user-agent"];
    private static readonly string[] Statuses = ["", "", "", "", "5", "9", "7", "14", "05"];
    private static readonly string[] Keys = ["a", "a b", "", "c,d", new('k', 300)];

    /// <summary>Some hundred rules, calls and answers, each explained and done: what is said is what happens.</summary>
    [Fact]
    public async Task Explain_AnyCall_SaysWhatTheDataPathDoes()
    {
        var random = new Random(20261121);
        Action<HttpContext> answer = _ => { };
        var message = CatalogTypes.Message(o => { o.Number(1, 7); o.Text(2, "shoes"); });
        await using var origin = await RawOrigin.StartAsync(async context =>
        {
            await RawOrigin.ReadAllAsync(context);
            context.Response.ContentType = "application/grpc";
            answer(context);
            if (!context.Response.Headers.ContainsKey("grpc-status"))
            {
                await context.Response.BodyWriter.WriteAsync(Frames.Of(message));
                context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers["grpc-status"] = "0";
            }
        });
        await using var node = await RelayFixture.StartAsync(origin.Address, time: new ManualTimeProvider());
        using var caller = new RawCaller(node.Address);
        var outcomes = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 400; i++)
        {
            // 1. A rule, a call and an answer. Each call has a message of its own, and so a key.
            node.Relay.Policy = random.Next(10) == 0 ? PolicyModel.None : CatalogTypes.Model(AnyRule(random));
            var request = new ExplainPolicyRequest
            {
                Method = CatalogTypes.Get,
                Message = ByteString.CopyFrom(CatalogTypes.Message(o => { o.Number(1, i + 1); o.Text(2, Pick(random, Keys)); o.Text(3, "r"); })),
                Authority = node.Address.Authority,
                Answer = new() { Message = ByteString.CopyFrom(message) },
            };
            AddMaybe(random, request.Metadata, ("x-lang", "de"), ("x-tenant", "5"), ("authorization", "alice"), ("user-agent", "test"), ("x-session", "s"), ("cache-control", "no-store"));
            Add(request.Answer.Metadata, ("cache-control", Pick(random, CacheControls)), ("vary", Pick(random, Varies)), ("grpc-status", Pick(random, Statuses)), ("surrogate-key", random.Next(6) == 0 ? new string('t', 300) : ""), ("set-cookie", random.Next(12) == 0 ? "a=b" : ""));
            if (request.Answer.Metadata.All(field => field.Name != "grpc-status"))
            {
                Add(request.Answer.Trailers, ("cache-control", random.Next(8) == 0 ? "no-store" : ""), ("surrogate-key", random.Next(4) == 0 ? "end" : ""));
            }

            answer = context =>
            {
                foreach (var field in request.Answer.Metadata)
                {
                    context.Response.Headers.Append(field.Name, field.Value);
                }

                foreach (var field in request.Answer.Trailers)
                {
                    context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers.Append(field.Name, field.Value);
                }
            };

            // 2. Explained, and done twice.
            var explained = PolicyExplainer.Explain(node.Relay.Policy, request, isStreaming: false);
            (string, string)[] headers = [.. request.Metadata.Select(field => (field.Name, field.Value))];
            var first = (await caller.CallAsync(Path, Frames.Of(request.Message.Span), default, headers)).CacheStatus;
            var second = (await caller.CallAsync(Path, Frames.Of(request.Message.Span), default, headers)).CacheStatus;

            // 3. The same.
            var words = $"{explained} but {first} and then {second}";
            var ttl = explained.Ttl?.ToTimeSpan().TotalSeconds.ToString(CultureInfo.InvariantCulture);
            if (explained.Bypass.Length > 0)
            {
                Assert.True(first == $"LHR50-1; fwd=bypass; detail={explained.Bypass}", words);
            }
            else if (explained.Stored)
            {
                Assert.True(first == $"LHR50-1; fwd=miss; stored; ttl={ttl}" && second == $"LHR50-1; hit; ttl={ttl}", words);
            }
            else
            {
                // What only the answer's end forbids cannot be said with its headers.
                Assert.True(first == $"LHR50-1; fwd=miss; detail={explained.Refusal}" || (explained.Refusal is "end" or "forbidden" or "too-many-tags" or "too-large" && first.Contains("stored", StringComparison.Ordinal)), words);
                Assert.True(!second.Contains("hit", StringComparison.Ordinal), words);
            }

            outcomes.Add(explained.Bypass + explained.Refusal + explained.Stored);
        }

        Assert.True(outcomes.Count >= 9, $"only {string.Join(", ", outcomes)} came about");
    }

    [Theory]
    [InlineData("", false, "", "not-unary")]
    [InlineData("00000000 01 61", false, "", "")]
    [InlineData("00000000 01 61", true, "", "not-unary")]
    [InlineData("00000000 02 61", false, "", "not-unary")]
    [InlineData("00000000 01 61 00000000 00", false, "", "streaming")]
    [InlineData("01000000 01 61", false, "gzip", "request-coding")]
    [InlineData("00000100 01", false, "", "not-unary")]
    public void Explain_RequestAsItLiesOnTheWire_SaysWhyItIsNotLookedUp(string body, bool isOpen, string coding, string bypass)
    {
        var request = new ExplainPolicyRequest { Method = CatalogTypes.Get, Body = Bytes(body), Open = isOpen };
        Add(request.Metadata, ("grpc-encoding", coding));

        Assert.Equal(bypass, PolicyExplainer.Explain(PolicyModel.None, request, isStreaming: false).Bypass);
    }

    [Theory]
    [InlineData("""{ "body": "AAAAAAFh" }""", "")]
    [InlineData("""{ "body": "" }""", "end")]
    [InlineData("""{ "body": "AAAAAAFhAAAAAAA=" }""", "streaming")]
    [InlineData("""{ "body": "AAAQAAA=", "bodyBytes": 1048581 }""", "")]
    [InlineData("""{ "body": "AABQAAA=", "bodyBytes": 5242885 }""", "too-large")]
    [InlineData("""{ "body": "AAAAAAFh", "cut": true }""", "end")]
    [InlineData("""{ "missing": true }""", "trailers-only")]
    [InlineData("""{ "trailers": [{ "name": "grpc-status", "value": "13" }] }""", "end")]
    [InlineData("""{ "metadata": [{ "name": "cache-control", "value": "max-age=60" }, { "name": "content-type", "value": "text/html" }] }""", "trailers-only")]
    [InlineData("""{ "metadata": [{ "name": "cache-control", "value": "max-age=60" }], "httpStatus": 503 }""", "trailers-only")]
    [InlineData("""{ "metadata": [{ "name": "cache-control", "value": "max-age=60" }], "httpStatus": 404 }""", "")]
    public void Explain_AnswerAsItLiesOnTheWire_SaysWhyItIsNotStored(string answer, string refusal)
    {
        var request = new ExplainPolicyRequest { Method = CatalogTypes.Get, Answer = ExplainPolicyRequest.Types.Answer.Parser.ParseJson(answer) };
        if (request.Answer.Metadata.Count == 0)
        {
            Add(request.Answer.Metadata, ("cache-control", "max-age=60"));
        }

        // HTTP's 404 is gRPC's UNIMPLEMENTED.
        var rule = new CacheRule { Methods = { CatalogTypes.Get }, NegativeTtl = { ["UNIMPLEMENTED"] = new Duration { Seconds = 5 } } };
        var explained = PolicyExplainer.Explain(CatalogTypes.Model(rule), request, isStreaming: false);

        Assert.Equal((refusal, refusal.Length == 0), (explained.Refusal, explained.Stored));
    }

    [Fact]
    public void Explain_Credentials_MeetInOneEntryWhenTheAnswerIsPublicOnly()
    {
        Assert.NotEqual(Explain("max-age=9"), Explain("max-age=9", ("authorization", "")));
        Assert.NotEqual(Explain("max-age=9", ("authorization", "a")), Explain("max-age=9", ("authorization", "b")));
        Assert.Equal(Explain("public, max-age=9", ("authorization", "a")), Explain("public, max-age=9", ("authorization", "b")));
        Assert.Equal(Explain("public, max-age=9"), Explain("public, max-age=9", ("authorization", "b")));

        static string Explain(string cacheControl, params (string Name, string Value)[] metadata)
        {
            var request = new ExplainPolicyRequest { Method = CatalogTypes.Get, Answer = new() };
            request.Metadata.Add(metadata.Select(field => new MetadataField { Name = field.Name, Value = field.Value }));
            Add(request.Answer.Metadata, ("cache-control", cacheControl));
            var explained = PolicyExplainer.Explain(PolicyModel.None, request, isStreaming: false);
            Assert.True(explained.Stored);
            return explained.StoredKeyDigest;
        }
    }

    private static ByteString Bytes(string hexadecimal) => ByteString.CopyFrom(Convert.FromHexString(hexadecimal.Replace(" ", "", StringComparison.Ordinal)));

    private static CacheRule AnyRule(Random random)
    {
        var rule = new CacheRule { Methods = { CatalogTypes.Get } };
        if (random.Next(4) > 0)
        {
            rule.Ttl = new Duration { Seconds = random.Next(3) * 20 };
        }

        rule.KeyFields.Add(random.Next(2) == 0 ? [] : ["product_id", "lang"]);
        rule.KeyMetadata.Add(random.Next(2) == 0 ? [] : ["x-lang"]);
        rule.Identity.Add(random.Next(4) switch { 0 => ["shared"], 1 => ["credential:x-session"], 2 => ["metadata:x-tenant"], _ => (string[])[] });
        rule.Tags.Add(random.Next(2) == 0 ? [] : ["lang:{lang}", "id:{response.id}"]);
        rule.RequestDirectives.Add(random.Next(3) == 0 ? ["no-store"] : []);
        rule.NoStore = random.Next(12) == 0;
        if (random.Next(2) == 0)
        {
            rule.NegativeTtl["FAILED_PRECONDITION"] = new Duration { Seconds = 4 };
            rule.NegativeTtl["NOT_FOUND"] = new Duration();
        }

        if (random.Next(10) == 0)
        {
            rule.MaxBytes = 3;
        }

        return rule;
    }

    private static string Pick(Random random, string[] values) => values[random.Next(values.Length)];

    private static void AddMaybe(Random random, Google.Protobuf.Collections.RepeatedField<MetadataField> fields, params (string Name, string Value)[] values) =>
        Add(fields, [.. values.Where(_ => random.Next(4) == 0)]);

    private static void Add(Google.Protobuf.Collections.RepeatedField<MetadataField> fields, params (string Name, string Value)[] values) =>
        fields.Add(values.Where(field => field.Value.Length > 0).Select(field => new MetadataField { Name = field.Name, Value = field.Value }));
}
