using System.Globalization;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Relay.Tests.Policies;

/// <summary>Two to five identities, random metadata, random policies that are replaced while answers are in the store: nobody gets what is not theirs.</summary>
public sealed class IdentityFuzzTests
{
    private const string Path = "/" + CatalogTypes.Get;
    private const int Rounds = 24;
    private const int Batches = 10;
    private const int CallsAtOnce = 48;

    private static readonly string[] Credentials = ["authorization", "cookie", "x-api-key"];
    private static readonly string[] Metadata = ["x-lang", "x-tenant", "x-session"];
    private static readonly string[] Values = ["a", "b", "ab"];
    private static readonly string[] Declared = ["", "", "", "public", "public, max-age=5", "max-age=5, stale-if-error=5", "max-age=1, stale-while-revalidate=9", "private", "no-store", "private, public, max-age=9"];
    private static readonly string[] Vary = ["", "", "", "", "x-lang", "x-lang, x-session", "*"];
    private static readonly string[] Identities = ["caller", "shared", "metadata:x-session", "metadata:x-tenant", "credential:x-session", "credential:x-tenant"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Calls_RandomIdentitiesUnderRandomPolicies_NeverCross(int seed)
    {
        var random = new Random(seed);
        var number = 0;
        await using var origin = await RawOrigin.StartAsync(context => AnswerAsync(context, new Random(HashCode.Combine(seed, Interlocked.Increment(ref number)))));
        var time = new ManualTimeProvider();
        await using var node = await RelayFixture.StartAsync(origin.Address, time: time);
        using var caller = new RawCaller(node.Address);
        for (var round = 0; round < Rounds; round++)
        {
            // Methods of one name and messages of one kind all along: what an earlier policy let in is still there.
            var rule = round % 4 == 0 ? null : MakeRule(random);
            node.Relay.Policy = rule is null ? PolicyModel.None : CatalogTypes.Model(rule);
            var identities = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Pick(random, Credentials)).ToArray();
            for (var batch = 0; batch < Batches; batch++)
            {
                var questions = Enumerable.Range(0, CallsAtOnce).Select(_ => Question.Make(random, identities)).ToArray();
                var answers = await Task.WhenAll(questions.Select(question => caller.CallAsync(Path, question.Frame, default, question.Fields))).WaitAsync(TestDeadline.Default);
                foreach (var (question, answer) in questions.Zip(answers))
                {
                    AssertOwn(rule, question, answer);
                }

                time.Advance(TimeSpan.FromSeconds(random.Next(3)));
            }
        }

        // Calls did meet: else nothing is shown.
        Assert.InRange(origin.Calls, 1, Rounds * Batches * CallsAtOnce * 3 / 4);
    }

    private static void AssertOwn(CacheRule? rule, Question question, RawAnswer answer)
    {
        if (answer.Header("x-record") is not { } text)
        {
            return;
        }

        // What the origin was sent when it gave this answer.
        var record = text.Split('|').Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);
        var said = $"{rule} asked {question}, got {text} ({answer.CacheStatus})";
        Assert.True(record["product"] == $"{question.Product}", said);
        Assert.True(rule is { KeyFields.Count: > 0 } || record["request"] == $"{question.Request}", said);

        string[] credentials = [.. Credentials, .. rule?.Identity.Where(word => word.StartsWith("credential:", StringComparison.Ordinal)).Select(word => word["credential:".Length..]) ?? []];
        var isShared = rule?.Identity.Contains("shared") == true || record["declared"].Contains("public", StringComparison.Ordinal);
        foreach (var name in Credentials.Concat(Metadata))
        {
            // Credentials are the caller's own, or shared; other metadata is the caller's own, or under a policy was kept from the origin.
            var isCredential = credentials.Contains(name);
            var isKeyed = rule is not null && (rule.KeyMetadata.Contains(name) || rule.Identity.Contains($"metadata:{name}"));
            Assert.True(record[name] == question.Value(name) || (isCredential ? isShared && !isKeyed : rule is not null && !isKeyed && record[name].Length == 0), $"{name}: {said}");
        }
    }

    private static async Task AnswerAsync(HttpContext context, Random random)
    {
        var body = await RawOrigin.ReadAllAsync(context);
        var (product, request) = Question.Read(body);
        var declared = Choose(random, Declared);
        var record = string.Join('|', Credentials.Concat(Metadata).Select(name => $"{name}={context.Request.Headers[name]}").Append($"product={product}").Append($"request={request}").Append($"declared={declared}"));
        context.Response.Headers["x-record"] = record;
        if (declared.Length > 0)
        {
            context.Response.Headers.CacheControl = declared;
        }

        if (Choose(random, Vary) is { Length: > 0 } vary)
        {
            context.Response.Headers.Vary = vary;
        }

        if (random.Next(10) == 0)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = Choose(random, ["5", "9", "14", "16"]);
            await context.Response.CompleteAsync();
            return;
        }

        await RawOrigin.AnswerAsync(context, body);
    }

    private static CacheRule MakeRule(Random random)
    {
        var rule = new CacheRule { Methods = { random.Next(2) == 0 ? CatalogTypes.Get : "shop.v1.*" }, Ttl = Duration(random.Next(10)), Shadow = random.Next(10) == 0 };
        rule.Identity.Add(Identities.Where(_ => random.Next(4) == 0).Where(word => word != "caller").Distinct());
        if (!rule.Identity.Contains("shared") && random.Next(4) == 0)
        {
            rule.Identity.Add("caller");
        }

        rule.KeyMetadata.Add(Metadata.Where(_ => random.Next(3) == 0));
        if (random.Next(3) == 0)
        {
            rule.KeyFields.Add("product_id");
        }

        if (random.Next(2) == 0)
        {
            rule.NegativeTtl["NOT_FOUND"] = Duration(5);
            rule.NegativeTtl["FAILED_PRECONDITION"] = Duration(5);
        }

        (rule.StaleWhileRevalidate, rule.StaleIfError) = (Duration(random.Next(5)), Duration(random.Next(5)));
        return rule;
    }

    private static Duration Duration(long seconds) => new() { Seconds = seconds };

    private static string Choose(Random random, string[] from) => from[random.Next(from.Length)];

    private static (string Name, string Value)[] Pick(Random random, string[] names) => [.. names.Where(_ => random.Next(2) == 0).Select(name => (name, Choose(random, Values)))];

    private sealed record Question(int Product, int Request, (string Name, string Value)[] Fields)
    {
        public byte[] Frame => Frames.Of(CatalogTypes.Message(output =>
        {
            output.Number(1, Product);
            output.Text(3, Request.ToString(CultureInfo.InvariantCulture));
        }));

        public static Question Make(Random random, (string Name, string Value)[][] identities) =>
            new(random.Next(1, 4), random.Next(1, 3), [.. identities[random.Next(identities.Length)], .. Metadata.Where(_ => random.Next(5) == 0).Select(name => (name, Choose(random, Values)))]);

        /// <summary>Product and request of a frame that <see cref="Frame"/> made: one digit each.</summary>
        public static (char Product, char Request) Read(byte[] frame) => ((char)('0' + frame[6]), (char)frame[^1]);

        public string Value(string name) => string.Join(',', Fields.Where(field => field.Name == name).Select(field => field.Value));

        public override string ToString() => $"product {Product}, request {Request}, {string.Join(", ", Fields)}";
    }
}
