using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Tests.Values;

public sealed class AddressTests
{
    [Theory]
    [InlineData("127.0.0.1:6400", "http://127.0.0.1:6400")]
    [InlineData("http://127.0.0.1:6400", "http://127.0.0.1:6400")]
    [InlineData("http://127.0.0.1:6400/", "http://127.0.0.1:6400")]
    [InlineData("https://edge.example", "https://edge.example")]
    [InlineData("localhost:9000", "http://localhost:9000")]
    [InlineData("[::1]:6400", "http://[::1]:6400")]
    public void TryRead_Address_ShownWithoutSlash(string text, string shown)
    {
        Assert.True(TargetAddress.TryRead(text, out var value, out _));
        Assert.Equal(shown, TargetAddress.Show(value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ftp://host:1")]
    [InlineData("http://")]
    [InlineData("http://host:1/path")]
    [InlineData("http://host:1?q")]
    [InlineData("http://host:1#f")]
    [InlineData("http://user:pass@host:1")]
    [InlineData("host:99999")]
    [InlineData("1:2:3")]
    public void TryRead_NoAddress_Refused(string text)
    {
        Assert.False(TargetAddress.TryRead(text, out _, out var error));
        Assert.Contains("want http://HOST:PORT", error);
    }

    [Theory]
    [InlineData("b/k", "b", "k")]
    [InlineData("b/dir/k", "b", "dir/k")]
    [InlineData("b//k", "b", "/k")]
    [InlineData("b/dir/", "b", "dir/")]
    public void TryReadObject_Path_SplitAtFirstSlash(string text, string bucket, string key)
    {
        Assert.True(ObjectPath.TryReadObject(text, out var value, out _));
        Assert.Equal(new(bucket, key), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("b")]
    [InlineData("b/")]
    [InlineData("/k")]
    public void TryReadObject_NoKeyOrBucket_Refused(string text) => Assert.False(ObjectPath.TryReadObject(text, out _, out _));

    [Theory]
    [InlineData("b", "b", "")]
    [InlineData("b/", "b", "")]
    [InlineData("b/p", "b", "p")]
    public void TryReadPrefix_BucketAlone_Taken(string text, string bucket, string prefix)
    {
        Assert.True(ObjectPath.TryReadPrefix(text, out var value, out _));
        Assert.Equal(new(bucket, prefix), value);
    }

    [Theory]
    [InlineData("b", true)]
    [InlineData("b/", true)]
    [InlineData("b/k", false)]
    [InlineData("/", false)]
    [InlineData("", false)]
    public void TryReadBucket_Name_WithoutSlash(string text, bool ok) => Assert.Equal(ok, ObjectPath.TryReadBucket(text, out _, out _));
}
