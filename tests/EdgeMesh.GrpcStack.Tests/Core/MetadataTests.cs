using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Core;

public sealed class MetadataTests
{
    [Fact]
    public void Add_MixedCaseName_IsLowered()
    {
        var metadata = new Metadata { { "X-Name", "v" } };

        Assert.Equal("x-name", metadata[0].Key);
        Assert.Equal("v", metadata.GetValue("X-NAME"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("a\u00e9")]
    [InlineData("a\r\n")]
    public void Add_NameOutsideTheGrammar_Throws(string name) => Assert.Throws<ArgumentException>(() => new Metadata { { name, "v" } });

    [Fact]
    public void Add_SuffixAgainstTheKindOfValue_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "a-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "a", [1] } });
        Assert.Throws<ArgumentNullException>(() => new Metadata { { "a", (string)null! } });
        Assert.Throws<ArgumentNullException>(() => new Metadata { { "a-bin", (byte[])null! } });
    }

    [Fact]
    public void Get_RepeatedName_IsTheLastAndGetAllIsInOrder()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "x" }, { "a", "2" }, { "a-bin", [3] } };

        Assert.Equal("2", metadata.GetValue("a"));
        Assert.Equal(["1", "2"], metadata.GetAll("A").Select(entry => entry.Value));
        Assert.Equal([3], metadata.GetValueBytes("a-bin"));
        Assert.Null(metadata.Get("c"));
        Assert.Null(metadata.GetValue("c"));
        Assert.Null(metadata.GetValueBytes("c"));
    }

    [Fact]
    public void Value_OfBinaryEntry_Throws()
    {
        var entry = new Metadata.Entry("a-bin", [1]);

        Assert.True(entry.IsBinary);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
        Assert.Equal("[Entry: key=a-bin, valueBytes=01]", entry.ToString());
    }

    [Fact]
    public void ValueBytes_OfTextEntry_IsAscii() => Assert.Equal(Encoding.ASCII.GetBytes("text"), new Metadata.Entry("a", "text").ValueBytes);

    [Fact]
    public void ValueBytes_AreCopies()
    {
        byte[] bytes = [1];
        var entry = new Metadata.Entry("a-bin", bytes);
        bytes[0] = 2;
        entry.ValueBytes[0] = 3;

        Assert.Equal([1], entry.ValueBytes);
    }

    [Fact]
    public void Empty_IsReadOnly()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
    }

    [Fact]
    public void List_Operations_KeepOrder()
    {
        var metadata = new Metadata { { "a", "1" } };
        var second = new Metadata.Entry("b", "2");
        metadata.Insert(0, second);

        Assert.Equal(0, metadata.IndexOf(second));
        Assert.Contains(second, metadata);
        Assert.True(metadata.Remove(second));
        metadata.RemoveAt(0);
        Assert.Empty(metadata);
    }

    [Fact]
    public void GrammaticalNames_AreAllTaken() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Elements("abcXYZ019_.-".ToCharArray()).NonEmptyListOf().Select(chars => new string([.. chars]) + "x").ToArbitrary(),
        name => new Metadata { { name, "v" } }[0].Key == name.ToLowerInvariant()));
}
