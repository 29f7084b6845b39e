using EdgeMesh.Storage.Bodies;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Grammar;

namespace EdgeMesh.Storage.Tests;

/// <summary>The race between a reader and an overwrite, step by step: in life it needs a reader that is stopped at the worst moment.</summary>
public sealed class StandingObjectsTests
{
    [Fact]
    public async Task Open_OverwrittenTwiceBetweenRowAndFile_FindsTheBodyThatStands()
    {
        var rows = new Queue<string>(["first", "second", "third"]);
        var opened = new List<string>();

        var (found, _) = await StandingObjects.OpenStandingAsync(() => Row(rows.Dequeue()), Open, Fail);

        Assert.Equal("third", found.Body.Id);
        Assert.Equal(["first", "second", "third"], opened);

        Task<BodyReader> Open(StoredBody body)
        {
            opened.Add(body.Id);
            return body.Id == "third" ? Task.FromResult<BodyReader>(null!) : throw new FileNotFoundException();
        }
    }

    [Fact]
    public async Task Open_RowStillNamesTheAbsentBody_IsDamaged()
    {
        var reads = 0;

        await TestStore.FaultOf(ObjectStoreFault.Damaged, () => StandingObjects.OpenStandingAsync(
            () =>
            {
                reads++;
                return Row("lost");
            },
            _ => throw new FileNotFoundException(),
            Fail));

        Assert.Equal(2, reads);
    }

    [Fact]
    public async Task Open_DeletedBetweenRowAndFile_IsNotFound()
    {
        var rows = new Queue<string>(["deleted"]);

        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => StandingObjects.OpenStandingAsync(
            () => rows.TryDequeue(out var id) ? Row(id) : throw new ObjectStoreException(ObjectStoreFault.ObjectNotFound, "No object"),
            _ => throw new FileNotFoundException(),
            Fail));
    }

    private static StoredObject Row(string body) => new(new ObjectName("photos", "a", [97]), 1, new StoredBody(body, 0, new byte[32], []), [], 0);

    private static ObjectStoreException Fail(StoredObject found, Exception e) => new(ObjectStoreFault.Damaged, found.Body.Id, e);
}
