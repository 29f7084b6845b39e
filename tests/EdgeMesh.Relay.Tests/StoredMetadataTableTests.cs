using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;

namespace EdgeMesh.Relay.Tests;

/// <summary>Stored metadata, taken apart and remembered.</summary>
public sealed class StoredMetadataTableTests
{
    private readonly StoredMetadataTable _table = new();

    [Fact]
    public void Get_SameBytesAgain_GivesTheRememberedOne()
    {
        var first = _table.Get(Head([new("etag", "\"1\"")], [new("grpc-status", "0")]));

        Assert.Same(first, _table.Get(Head([new("etag", "\"1\"")], [new("grpc-status", "0")])));
        Assert.NotSame(first, _table.Get(Head([new("etag", "\"2\"")], [new("grpc-status", "0")])));
    }

    [Fact]
    public void Get_SameBytesInOtherParts_AreOtherMetadata()
    {
        var both = _table.Get(Head([new("a", "1"), new("b", "2")], []));
        var split = _table.Get(Head([new("a", "1")], [new("b", "2")]));

        Assert.Equal(["a", "b"], both.Initial.Select(field => field.Key));
        Assert.Equal(["a"], split.Initial.Select(field => field.Key));
        Assert.Equal(["b"], split.Trailers.Select(field => field.Key));
    }

    [Fact]
    public void Get_NameThatRepeats_KeepsItsValuesInOrder()
    {
        var metadata = _table.Get(Head([new("a", "1"), new("a", "2"), new("b", "3")], []));

        Assert.Equal([("a", "1,2"), ("b", "3")], metadata.Initial.Select(field => (field.Key, field.Value.ToString())));
    }

    [Fact]
    public void Get_LongMetadata_IsReadButNotRemembered()
    {
        MetadataField[] fields = [new("long", new string('x', 2000))];

        var first = _table.Get(Head(fields, []));

        Assert.Equal(2000, first.Initial.Single().Value.ToString().Length);
        Assert.NotSame(first, _table.Get(Head(fields, [])));
    }

    private static EntryHead Head(MetadataField[] initial, MetadataField[] trailers) =>
        CacheEntry.Response(initial, new byte[5], trailers, MessageCoding.Identity, isPublic: true, TimeSpan.Zero, storedAt: 0, freshUntil: 10).Read().Head;
}
