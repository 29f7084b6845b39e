using EdgeMesh.Storage.Grammar;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Storage.Tests;

/// <summary>The grammars and limits of object_store.proto, as tables.</summary>
public sealed class GrammarTests
{
    [Theory]
    [InlineData("abc")]
    [InlineData("a1b")]
    [InlineData("0-9")]
    [InlineData("a.b.c")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.1234")]
    [InlineData("a.2.3.4")]
    [InlineData("xn--bcher-kva")]
    [InlineData("a--------------------------------------------------------------")]
    public void BucketName_WithinGrammar_Passes(string name)
    {
        if (name.StartsWith("a---", StringComparison.Ordinal))
        {
            name = name[..62] + "z";
            Assert.Equal(63, name.Length);
        }

        Assert.Empty(Of(v => BucketName.Check("bucket", name, v)));
    }

    [Theory]
    [InlineData("", "must be 3 to 63 bytes; is 0")]
    [InlineData("ab", "must be 3 to 63 bytes; is 2")]
    [InlineData("Abc", "must be of a-z, 0-9, '-' and '.'; is \"Abc\"")]
    [InlineData("a_b", "must be of a-z, 0-9, '-' and '.'; is \"a_b\"")]
    [InlineData("a b", "must be of a-z, 0-9, '-' and '.'; is \"a b\"")]
    [InlineData("añb", "must be of a-z, 0-9, '-' and '.'; is \"añb\"")]
    [InlineData("a\r\n", "must be of a-z, 0-9, '-' and '.'; is \"a\\u000d\\u000a\"")]
    [InlineData("-ab", "must begin and end with a letter or digit; is \"-ab\"")]
    [InlineData("ab.", "must begin and end with a letter or digit; is \"ab.\"")]
    [InlineData("a..b", "must not have two dots in a row; is \"a..b\"")]
    [InlineData("10.0.0.255", "must not be shaped like an IPv4 address; is \"10.0.0.255\"")]
    [InlineData("999.1.1.1", "must not be shaped like an IPv4 address; is \"999.1.1.1\"")]
    public void BucketName_OutsideGrammar_NamesRuleAndValue(string name, string description) =>
        Assert.Equal([new FieldViolation("bucket", description)], Of(v => BucketName.Check("bucket", name, v)));

    [Fact]
    public void BucketName_SixtyFourBytes_NamesLimit() =>
        Assert.Equal([new FieldViolation("b", "must be 3 to 63 bytes; is 64")], Of(v => BucketName.Check("b", new string('a', 64), v)));

    [Theory]
    [InlineData("a", 1)]
    [InlineData("/", 1)]
    [InlineData(".", 1)]
    [InlineData("../../etc/passwd", 16)]
    [InlineData("a b", 3)]
    [InlineData("ü", 2)]
    [InlineData("😀", 4)]
    public void Key_WithinGrammar_IsItsUtf8(string key, int bytes)
    {
        var violations = new Violations();

        var name = ObjectName.Check("", "abc", key, violations);

        violations.ThrowIfAny();
        Assert.Equal(bytes, name.KeyBytes.Length);
    }

    [Theory]
    [InlineData("", "must be 1 to 1,024 bytes of UTF-8; is 0")]
    [InlineData("a\0b", "must not have control characters; is \"a\\u0000b\"")]
    [InlineData("a\n", "must not have control characters; is \"a\\u000a\"")]
    [InlineData("\u007f", "must not have control characters; is \"\\u007f\"")]
    [InlineData("\u0085", "must not have control characters; is \"\\u0085\"")]
    public void Key_OutsideGrammar_NamesRuleAndValue(string key, string description) =>
        Assert.Equal([new FieldViolation("key", description)], Of(v => ObjectName.Check("", "abc", key, v)));

    [Fact]
    public void Key_LoneSurrogate_IsNotWellFormed() =>
        Assert.StartsWith("must be well-formed Unicode", Assert.Single(Of(v => ObjectName.Check("", "abc", "a\ud800", v))).Description, StringComparison.Ordinal);

    [Fact]
    public void Key_CountsBytesNotCharacters()
    {
        Assert.Empty(Of(v => ObjectName.Check("", "abc", new string('ü', 512), v)));
        Assert.Equal("must be 1 to 1,024 bytes of UTF-8; is 1026", Assert.Single(Of(v => ObjectName.Check("", "abc", new string('ü', 513), v))).Description);
    }

    [Fact]
    public void Spec_AtEveryLimit_Passes()
    {
        var spec = Spec();
        spec.ContentType = new string('t', 255);
        spec.CacheControl = new string('c', 256);
        for (var i = 0; i < 64; i++)
        {
            spec.Metadata.Add($"key-{i:d2}.{new string('_', 57)}", new string('v', 64));
        }

        spec.Tags.Add(Enumerable.Range(0, 32).Select(i => $"{i:d2}{new string('~', 126)}"));
        spec.Sha256 = ByteString.CopyFrom(new byte[32]);
        spec.Conditions = new ObjectConditions { IfMatch = "*", IfNoneMatch = $"\"{new string('!', 128)}\"" };

        Assert.Empty(Of(v => CheckedSpec.Check("spec", spec, v)));
    }

    public static TheoryData<string, Action<ObjectSpec>, string> BadSpecs => new()
    {
        { "spec.content_type", s => s.ContentType = new string('t', 256), "must be up to 255 bytes; is 256" },
        { "spec.content_type", s => s.ContentType = "a\tb", "must be printable ASCII; is \"a\\u0009b\"" },
        { "spec.cache_control", s => s.CacheControl = new string('c', 257), "must be up to 256 bytes; is 257" },
        { "spec.cache_control", s => s.CacheControl = "no-store\r\nx: y", "must be printable ASCII without spaces at its ends; is \"no-store\\u000d\\u000ax: y\"" },
        { "spec.cache_control", s => s.CacheControl = " no-store", "must be printable ASCII without spaces at its ends; is \" no-store\"" },
        { "spec.cache_control", s => s.CacheControl = "nö", "must be printable ASCII without spaces at its ends; is \"nö\"" },
        { "spec.metadata[K]", s => s.Metadata.Add("K", ""), "key must be of a-z, 0-9, '-', '_' and '.'; is \"K\"" },
        { "spec.metadata[]", s => s.Metadata.Add("", ""), "key must be 1 to 128 bytes; is 0" },
        { "spec.metadata[k]", s => s.Metadata.Add("k", new string('ü', 1025)), "must be up to 2,048 bytes; is 2050" },
        { "spec.metadata", s => Add(s, 65, 1), "must have up to 64 entries; is 65" },
        { "spec.metadata", s => Add(s, 5, 1700), "must be up to 8,192 bytes in all; is 8510" },
        { "spec.tags", s => s.Tags.Add(Enumerable.Repeat("t", 33)), "must have up to 32 entries; is 33" },
        { "spec.tags[1]", s => s.Tags.Add(["t", ""]), "must be 1 to 128 bytes; is 0" },
        { "spec.tags[0]", s => s.Tags.Add(new string('t', 129)), "must be 1 to 128 bytes; is 129" },
        { "spec.tags[0]", s => s.Tags.Add("a b"), "must be printable ASCII without space or comma; is \"a b\"" },
        { "spec.tags[0]", s => s.Tags.Add("a,b"), "must be printable ASCII without space or comma; is \"a,b\"" },
        { "spec.sha256", s => s.Sha256 = ByteString.CopyFrom(new byte[31]), "must be 32 bytes; is 31" },
        { "spec.conditions.if_match", s => s.Conditions = new ObjectConditions { IfMatch = "abc" }, "must be '*' or a strong entity tag in double quotes; is \"abc\"" },
        { "spec.conditions.if_match", s => s.Conditions = new ObjectConditions { IfMatch = "W/\"a\"" }, "must be '*' or a strong entity tag in double quotes; is \"W/\\u0022a\\u0022\"" },
        { "spec.conditions.if_none_match", s => s.Conditions = new ObjectConditions { IfNoneMatch = "\"a\"b\"" }, "must be '*' or a strong entity tag in double quotes; is \"\\u0022a\\u0022b\\u0022\"" },
        { "spec.conditions.if_none_match", s => s.Conditions = new ObjectConditions { IfNoneMatch = $"\"{new string('a', 129)}\"" }, "must be up to 130 bytes; is 131" },
    };

    [Theory]
    [MemberData(nameof(BadSpecs))]
    public void Spec_PastALimit_NamesFieldLimitAndValue(string field, Action<ObjectSpec> spoil, string description)
    {
        var spec = Spec();
        spoil(spec);

        Assert.Equal([new FieldViolation(field, description)], Of(v => CheckedSpec.Check("spec", spec, v)));
    }

    [Theory]
    [InlineData("short", "short", "is \"short\"")]
    [InlineData("a\nb\"", "a\\u000ab\\u0022", "is \"a\\u000ab\\u0022\"")]
    [InlineData("123456789-123456789-123456789-123456789-12345678", "123456789-123456789-123456789-123456789-12345678", "is \"123456789-123456789-123456789-123456789-12345678\"")]
    [InlineData("123456789-123456789-123456789-123456789-123456789", "123456789-123456789-123456789-123456789-12345678...", "is \"123456789-123456789-123456789-123456789-12345678\"...")]
    public void Violations_QuotedValue_IsCutAndCleaned(string value, string named, string shown)
    {
        Assert.Equal(named, Violations.Named(value));
        Assert.Equal(shown, Violations.Shown(value));
    }

    [Fact]
    public void Spec_Absent_IsNoted() =>
        Assert.Equal([new FieldViolation("spec", "must be present; is absent")], Of(v => CheckedSpec.Check("spec", null, v)));

    [Fact]
    public void Spec_ManyFaults_AreAllNamedUpToABound()
    {
        var spec = new ObjectSpec { Bucket = "X", Key = "", ContentType = "\n" };
        spec.Tags.Add(Enumerable.Repeat(" ", 20));

        var e = Assert.Throws<ObjectStoreException>(() =>
        {
            var violations = new Violations();
            CheckedSpec.Check("spec", spec, violations);
            violations.ThrowIfAny();
        });

        Assert.Equal(["spec.bucket", "spec.bucket", "spec.key", "spec.content_type"], e.Violations.Take(4).Select(v => v.Field));
        Assert.Equal(Violations.MaxDescribed, e.Violations.Count);
        Assert.EndsWith("And 21 more", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Violations_OfHugeValues_StaySmall()
    {
        var spec = new ObjectSpec { Bucket = new string('X', 1_000_000), Key = new string('\n', 1_000_000) };
        for (var i = 0; i < 1000; i++)
        {
            spec.Metadata.Add(new string('K', 1000) + i, "");
        }

        var e = Assert.Throws<ObjectStoreException>(() =>
        {
            var violations = new Violations();
            CheckedSpec.Check("spec", spec, violations);
            violations.ThrowIfAny();
        });

        // All of it as trailers must stay under 8 KiB, base64 included.
        Assert.InRange(FaultStatus.ToRpcException(e).Trailers.Sum(t => t.ValueBytes.Length) * 4 / 3, 1, 5000);
        Assert.InRange(e.Message.Length, 1, 1500);
    }

    private static ObjectSpec Spec() => new() { Bucket = "abc", Key = "k" };

    private static void Add(ObjectSpec spec, int entries, int valueBytes)
    {
        for (var i = 0; i < entries; i++)
        {
            spec.Metadata.Add($"k{(entries > 9 ? i.ToString("d3", null) : i)}", new string('v', valueBytes));
        }
    }

    private static IReadOnlyList<FieldViolation> Of(Action<Violations> check)
    {
        var violations = new Violations();
        check(violations);
        return violations.ToException().Violations;
    }
}
