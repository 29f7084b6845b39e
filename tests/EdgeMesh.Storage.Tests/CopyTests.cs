using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Storage.Tests;

public sealed class CopyTests
{
    private static CopyObjectRequest Copy(string from, string to, bool replace = false) => new()
    {
        SourceBucket = TestStore.Bucket,
        SourceKey = from,
        Destination = new ObjectSpec { Bucket = TestStore.Bucket, Key = to },
        ReplaceMetadata = replace,
    };

    [Fact]
    public async Task Copy_SharesTheBodyUntilTheLastReferenceGoes()
    {
        await using var test = await TestStore.OpenAsync();
        var content = TestStore.Content(600_000);
        var source = await test.PutAsync("a", content, also: s => s.Metadata.Add("k", "v"));

        var copy = (await test.Store.CopyAsync(Copy("a", "b"), default)).Info;
        await test.DeleteAsync("a");

        Assert.Equal("v", copy.Metadata["k"]);
        Assert.Equal(source.Sha256, copy.Sha256);
        Assert.NotEqual(source.Etag, copy.Etag);
        Assert.Equal(content, (await test.GetAsync("b")).Content.ToByteArray());
        await test.ReopenAsync();
        Assert.Equal(content, await test.ReadAsync("b"));
        Assert.Single(test.BodyFiles());
        await test.DeleteAsync("b");
        await test.CloseAsync();
        Assert.Empty(test.BodyFiles());
    }

    [Fact]
    public async Task Copy_OntoItselfWithReplacement_ChangesMetadataAlone()
    {
        await using var test = await TestStore.OpenAsync();
        var before = await test.PutAsync("a", [1, 2], also: s => s.Metadata.Add("old", "1"));
        var request = Copy("a", "a", replace: true);
        request.Destination.Metadata.Add("new", "2");
        request.Destination.ContentType = "text/plain";

        var after = (await test.Store.CopyAsync(request, default)).Info;

        Assert.Equal("2", Assert.Single(after.Metadata).Value);
        Assert.Equal("text/plain", after.ContentType);
        Assert.NotEqual(before.Etag, after.Etag);
        Assert.Equal([1, 2], (await test.GetAsync("a")).Content.ToByteArray());
        await test.CloseAsync();
        Assert.Equal(1, StoreChecker.Check(test.Directory));
    }

    [Fact]
    public async Task Copy_MetadataWithoutReplacement_IsInvalid()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", []);
        var request = Copy("a", "b");
        request.Destination.Tags.Add("t");

        var e = await TestStore.FaultOf(ObjectStoreFault.InvalidArgument, () => test.Store.CopyAsync(request, default));

        Assert.Equal("destination", Assert.Single(e.Violations).Field);
    }

    [Fact]
    public async Task Copy_BadEverything_NamesEveryField()
    {
        await using var test = await TestStore.OpenAsync();
        var request = new CopyObjectRequest
        {
            SourceBucket = "X",
            Destination = new ObjectSpec { Bucket = "photos", Key = "k", Sha256 = ByteString.CopyFrom(1) },
            SourceConditions = new ObjectConditions { IfMatch = "bare" },
        };

        var e = await TestStore.FaultOf(ObjectStoreFault.InvalidArgument, () => test.Store.CopyAsync(request, default));

        Assert.Equal(
            ["source_bucket", "source_bucket", "source_key", "source_conditions.if_match", "destination.sha256"],
            e.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task Copy_ConditionsOnSourceAndDigest_AreHeld()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);
        var stale = Copy("a", "b");
        stale.SourceConditions = new ObjectConditions { IfGenerationMatch = 77 };
        var wrong = Copy("a", "b");
        wrong.Destination.Sha256 = ByteString.CopyFrom(TestStore.Sha256([2]));
        var taken = Copy("a", "a");
        taken.Destination.Conditions = new ObjectConditions { IfNoneMatch = "*" };

        Assert.Equal("IF_GENERATION_MATCH", (await Unmet(stale)).Field);
        Assert.Equal("SHA256", (await Unmet(wrong)).Field);
        Assert.Equal("IF_NONE_MATCH", (await Unmet(taken)).Field);
        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.Store.CopyAsync(Copy("none", "b"), default));

        async Task<FieldViolation> Unmet(CopyObjectRequest request) =>
            Assert.Single((await TestStore.FaultOf(ObjectStoreFault.ConditionNotMet, () => test.Store.CopyAsync(request, default))).Violations);
    }
}
