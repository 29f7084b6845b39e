using EdgeMesh.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Wire.Tests;

public sealed class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text ~", "plain text ~")]
    [InlineData("100%", "100%25")]
    [InlineData("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n",
        "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A")]
    [InlineData("\u007f", "%7F")]
    public void Encode_Text_IsPrintableAscii(string message, string encoded) => Assert.Equal(encoded, PercentEncoding.Encode(message));

    [Fact]
    public void Encode_LoneSurrogate_IsTheReplacementCharacter() => Assert.Equal("a%EF%BF%BDb", PercentEncoding.Encode("a\ud800b"));

    [Theory]
    [InlineData("%41%7a", "Az")]
    [InlineData("%e2%98%ba", "\u263a")]
    [InlineData("100%", "100%")]
    [InlineData("%4", "%4")]
    [InlineData("%GG%41", "%GGA")]
    [InlineData("%%41", "%A")]
    [InlineData("%ff", "\ufffd")]
    [InlineData("\u263a%41", "\u263aA")]
    [InlineData("%41\ud83d\ude08", "A\U0001F608")]
    public void Decode_AnyText_IsLenient(string encoded, string message) => Assert.Equal(message, PercentEncoding.Decode(encoded));

    [Fact]
    public void EncodeThenDecode_AnyUnicode_IsTheSame() => Check.QuickThrowOnFailure(Prop.ForAll(
        Texts(), text => PercentEncoding.Decode(PercentEncoding.Encode(text)) == text));

    [Fact]
    public void Encode_AnyText_CanBeSent() => Check.QuickThrowOnFailure(Prop.ForAll<string>(
        text => MetadataRules.IsValidAsciiValue(PercentEncoding.Encode(text ?? ""))));

    [Fact]
    public void Decode_AnyText_NeverThrows() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("%%%0aFgx \u00e9\ud83d\ude08".ToCharArray()).ListOf().Select(chars => new string([.. chars])).ToArbitrary(),
        text => PercentEncoding.Decode(text).Length <= text.Length));

    /// <summary>Texts of any code points but surrogates.</summary>
    private static Arbitrary<string> Texts() => Gen.Frequency(
            (4, Gen.Choose(0x20, 0x7e)),
            (1, Gen.Choose(0, 0x1f)),
            (1, Gen.Constant((int)'%')),
            (1, Gen.Choose(0x80, 0xd7ff)),
            (1, Gen.Choose(0xe000, 0x10ffff)))
        .Select(char.ConvertFromUtf32).ListOf().Select(string.Concat).ToArbitrary();
}
