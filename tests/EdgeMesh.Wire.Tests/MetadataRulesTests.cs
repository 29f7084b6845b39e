using EdgeMesh.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Wire.Tests;

public sealed class MetadataRulesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("x-user_id.v2", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("A", false)]
    [InlineData(":path", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("\u00e9", false)]
    public void IsValidName_ByTheGrammar(string name, bool isValid) => Assert.Equal(isValid, MetadataRules.IsValidName(name));

    [Theory]
    [InlineData("", true)]
    [InlineData(" ~", true)]
    [InlineData("a,b", true)]
    [InlineData("\t", false)]
    [InlineData("a\r\nb", false)]
    [InlineData("\0", false)]
    [InlineData("\u007f", false)]
    [InlineData("\u00e9", false)]
    public void IsValidAsciiValue_ByTheGrammar(string value, bool isValid) => Assert.Equal(isValid, MetadataRules.IsValidAsciiValue(value));

    [Theory]
    [InlineData("a-bin", true)]
    [InlineData("A-BIN", true)]
    [InlineData("-bin", true)]
    [InlineData("abin", false)]
    [InlineData("a-bin2", false)]
    public void IsBinary_BySuffix(string name, bool isBinary) => Assert.Equal(isBinary, MetadataRules.IsBinary(name));

    [Theory]
    [InlineData("", new byte[0])]
    [InlineData("AA", new byte[] { 0 })]
    [InlineData("AA==", new byte[] { 0 })]
    [InlineData("AA=", new byte[] { 0 })]
    [InlineData(" AQI= ", new byte[] { 1, 2 })]
    [InlineData("AQID", new byte[] { 1, 2, 3 })]
    [InlineData("+/8", new byte[] { 251, 255 })]
    public void TryDecodeBinary_PaddedOrNot_IsTaken(string text, byte[] expected)
    {
        Assert.True(MetadataRules.TryDecodeBinary(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("A*")]
    [InlineData("-_8")]
    [InlineData("AA,AA")]
    [InlineData("A=AA")]
    public void TryDecodeBinary_NotBase64_IsFalse(string text)
    {
        Assert.False(MetadataRules.TryDecodeBinary(text, out var value));
        Assert.Empty(value);
    }

    [Fact]
    public void EncodeThenDecode_AnyBytes_IsTheSame() => Check.QuickThrowOnFailure(Prop.ForAll<byte[]>(bytes =>
    {
        var text = MetadataRules.EncodeBinary(bytes);
        return !text.Contains('=') && MetadataRules.IsValidAsciiValue(text) && MetadataRules.TryDecodeBinary(text, out var back) && back.AsSpan().SequenceEqual(bytes);
    }));

    [Fact]
    public void EncodeThenDecode_LongBytes_IsTheSame()
    {
        for (var length = 760; length < 780; length++)
        {
            var bytes = new byte[length];
            new Random(length).NextBytes(bytes);
            Assert.True(MetadataRules.TryDecodeBinary(MetadataRules.EncodeBinary(bytes), out var back));
            Assert.Equal(bytes, back);
        }
    }

    [Fact]
    public void TryDecodeBinary_AnyText_NeverThrows() => Check.QuickThrowOnFailure(Prop.ForAll<string>(
        text => MetadataRules.TryDecodeBinary(text, out var value) || value.Length == 0));
}
