using EdgeMesh.Node.Policies;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EdgeMesh.Node.Tests.Policies;

public sealed class PolicyFileTests
{
    private const string Whole = """
        # Comments stay in the file.
        rules:
        - methods: [shop.v1.Catalog/Get, "shop.v1.Stock/*"]
          ttl: 5m
          staleWhileRevalidate: 1.5s
          stale_if_error: 1d
          negative_ttl: {NOT_FOUND: 10s}
          key_fields: [product_id, page.token]
          key_metadata: x-lang
          identity: [shared, "metadata:x-tenant"]
          tags:
          - product:{product_id}
          flow: unary
          safety: METHOD_SAFETY_NO_SIDE_EFFECTS
          max_bytes: 65536
          request_directives: [no-cache]
        - methods: ["*"]
          no_store: true
          ignored_fields: ["3"]
          shadow: true
        """;

    [Fact]
    public void Parse_Yaml_SaysWhatItsJsonSays()
    {
        const string Json = """
            {"rules": [{"methods": ["shop.v1.Catalog/Get", "shop.v1.Stock/*"], "ttl": "300s", "staleWhileRevalidate": "1.500s", "staleIfError": "86400s", "negativeTtl": {"NOT_FOUND": "10s"},
             "keyFields": ["product_id", "page.token"], "keyMetadata": ["x-lang"], "identity": ["shared", "metadata:x-tenant"], "tags": ["product:{product_id}"], "flow": "METHOD_FLOW_UNARY",
             "safety": "METHOD_SAFETY_NO_SIDE_EFFECTS", "maxBytes": "65536", "requestDirectives": ["no-cache"]}, {"methods": ["*"], "noStore": true, "ignoredFields": ["3"], "shadow": true}]}
            """;
        var yaml = PolicyFile.Parse("p.yaml", Whole);

        Assert.Empty(yaml.Faults);
        Assert.Equal(JsonParser.Default.Parse<Policy>(Json), yaml.Policy);
        Assert.Equal(yaml.Policy, PolicyFile.Parse("p.json", Json).Policy);
        Assert.Equal(yaml.Policy, PolicyFile.Parse("p.json", JsonFormatter.Default.Format(yaml.Policy)).Policy);
    }

    [Fact]
    public void Write_Policy_IsReadBackTheSame()
    {
        var policy = PolicyFile.Parse("p.yaml", Whole).Policy;
        policy.Shadow = true;

        var read = PolicyFile.Parse("again", PolicyText.Write(policy));

        Assert.Empty(read.Faults);
        Assert.Equal(policy, read.Policy);
    }

    [Fact]
    public void Parse_Faults_AreAllNamedByLineAndPath()
    {
        var file = PolicyFile.Parse("p.yaml", """
            rules:
            - methods: [shop.v1.Catalog]
              ttl: soon
              key_feilds: [a]
              negative_ttl: 5s
            - methods: [a.B/C]
              max_bytes: -1
              no_store: perhaps
              flow: unaray
              key_metadata:
              - x-lang
              - X-Lang
              ttl: 1s
              ttl: 2s
            colour: red
            """);

        Assert.Equal(
            [
                "p.yaml:14 rules[1].ttl: is given twice: line 13 has it already",
                "p.yaml:3 rules[0].ttl: must be a time like 0s, 250ms, 90s, 5m, 1h or 7d; is \"soon\"",
                "p.yaml:4 rules[0]: there is no property \"key_feilds\"; did you mean key_fields?",
                "p.yaml:5 rules[0].negative_ttl: must be statuses with times, like NOT_FOUND: 10s",
                "p.yaml:7 rules[1].max_bytes: must be a whole number; is \"-1\"",
                "p.yaml:8 rules[1].no_store: must be true or false; is \"perhaps\"",
                "p.yaml:9 rules[1].flow: must be one of unary, server_streaming, client_streaming, bidirectional; is \"unaray\"",
                "p.yaml:15: there is no property \"colour\"",
                "p.yaml:2 rules[0].methods[0]: must be a method like shop.v1.Catalog/GetProduct, or shop.v1.Catalog/Get*, shop.v1.Catalog/*, shop.v1.* or *, of up to 256 characters; is \"shop.v1.Catalog\"",
                "p.yaml:12 rules[1].key_metadata[1]: must name metadata by 1 to 64 of a-z, 0-9, '-', '_' and '.'; is \"X-Lang\"",
            ],
            file.Faults.Select(fault => fault.ToString().Replace("rules[1][ttl]", "rules[1].ttl", StringComparison.Ordinal)));
    }

    [Fact]
    public void Compare_Texts_ShowsWhatGoesAndComes() =>
        Assert.Equal(["  a", "- b", "+ x", "  c", "+ d"], PolicyText.Compare("a\nb\nc\n", "a\nx\nc\nd\n"));

    /// <summary>Any text is read to its end, with faults or as a policy that can be written and read back.</summary>
    [Fact]
    public void Parse_Fuzzed_NeverThrows()
    {
        var right = 0;
        Prop.ForAll(Arb.From(Gen.Choose(0, Whole.Length - 1).Zip(Gen.Elements("", " ", "\n", ":", "[", "]", "{", "}", "-", "0", "x", "\"", "&a ", "*a", "\t", "ü")).ListOf()), edits =>
        {
            var text = Whole;
            foreach (var (at, with) in edits.Take(4))
            {
                text = text.Remove(Math.Min(at, text.Length - 1), 1).Insert(Math.Min(at, text.Length - 1), with);
            }

            var file = PolicyFile.Parse("p.yaml", text);
            if (file.Faults.Count == 0)
            {
                Interlocked.Increment(ref right);
                Assert.Equal(file.Policy, PolicyFile.Parse("again", PolicyText.Write(file.Policy)).Policy);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

        Assert.True(right > 20, $"only {right} were policies: the fuzzer tries nothing");
    }
}
