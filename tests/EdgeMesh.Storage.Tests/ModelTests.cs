using System.Text;
using EdgeMesh.V1;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Storage.Tests;

/// <summary>Random operations on the store and on a dictionary: both must always answer the same.</summary>
public sealed class ModelTests
{
    private const int Runs = 10;

    private static readonly string[] Keys = ["a", "a/", "a/b", "a/c", "b", "b/x/y", "ü"];

    private enum Kind
    {
        Put,
        PutIfNone,
        PutIfSame,
        Delete,
        DeleteIfSame,
        Copy,
        Get,
        List,
        Restart,
    }

    private sealed record Step(Kind Kind, string Key, string Other, int Size);

    private sealed record Entry(byte[] Content, ObjectInfo Info);

    [Fact]
    public void Store_AnyOperations_AnswersLikeADictionary()
    {
        var step =
            from kind in Gen.Frequency(
                (5, Gen.Constant(Kind.Put)),
                (2, Gen.Constant(Kind.PutIfNone)),
                (2, Gen.Constant(Kind.PutIfSame)),
                (3, Gen.Constant(Kind.Delete)),
                (1, Gen.Constant(Kind.DeleteIfSame)),
                (3, Gen.Constant(Kind.Copy)),
                (2, Gen.Constant(Kind.Get)),
                (2, Gen.Constant(Kind.List)),
                (1, Gen.Constant(Kind.Restart)))
            from key in Gen.Elements(Keys)
            from other in Gen.Elements(Keys)
            from size in Gen.Frequency((6, Gen.Choose(0, 50)), (1, Gen.Choose(0, 3 * ObjectLimits.ChunkBytes)))
            select new Step(kind, key, other, size);
        var steps = Gen.Choose(0, 40).SelectMany(count => step.ArrayOf(count)).ToArbitrary();

        Prop.ForAll(steps, s => Task.Run(() => RunAsync(s))).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    private static async Task RunAsync(Step[] steps)
    {
        await using var test = await TestStore.OpenAsync();
        var model = new Dictionary<string, Entry>(StringComparer.Ordinal);
        var seen = new HashSet<ulong> { 0 };
        for (var i = 0; i < steps.Length; i++)
        {
            await PerformAsync(test, model, steps[i], TestStore.Content(steps[i].Size, i));

            // A generation that was not there before is greater than all that ever were.
            var fresh = model.Values.Select(e => e.Info.Generation).Where(g => !seen.Contains(g)).ToList();
            Assert.All(fresh, g => Assert.True(g > seen.Max(), $"Generation {g} comes after {seen.Max()}"));
            seen.UnionWith(fresh);
        }

        await CompareAsync(test, model);
        await test.CloseAsync();
        Assert.Equal(model.Count, StoreChecker.Check(test.Directory));
    }

    private static async Task PerformAsync(TestStore test, Dictionary<string, Entry> model, Step step, byte[] content)
    {
        var standing = model.GetValueOrDefault(step.Key);
        switch (step.Kind)
        {
            case Kind.Put:
                model[step.Key] = new Entry(content, await test.WriteAsync(step.Key, content));
                break;
            case Kind.PutIfNone:
                await WriteAsync(new ObjectConditions { IfNoneMatch = "*" }, standing is null);
                break;
            case Kind.PutIfSame:
                // The etag of whatever stands under the other key: right only where that is the same object.
                var etag = model.GetValueOrDefault(step.Other)?.Info.Etag ?? "\"none\"";
                await WriteAsync(new ObjectConditions { IfMatch = etag }, standing?.Info.Etag == etag);
                break;
            case Kind.Delete:
                Assert.Equal(model.Remove(step.Key), await test.DeleteAsync(step.Key));
                break;
            case Kind.DeleteIfSame when standing is not null:
                Assert.True(await test.DeleteAsync(step.Key, new ObjectConditions { IfGenerationMatch = standing.Info.Generation }));
                model.Remove(step.Key);
                break;
            case Kind.DeleteIfSame:
                await TestStore.FaultOf(ObjectStoreFault.ConditionNotMet, () => test.DeleteAsync(step.Key, new ObjectConditions { IfGenerationMatch = 1 }));
                break;
            case Kind.Copy:
                var copy = new CopyObjectRequest { SourceBucket = TestStore.Bucket, SourceKey = step.Key, Destination = new ObjectSpec { Bucket = TestStore.Bucket, Key = step.Other } };
                if (standing is null)
                {
                    await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.Store.CopyAsync(copy, default));
                }
                else
                {
                    model[step.Other] = new Entry(standing.Content, (await test.Store.CopyAsync(copy, default)).Info);
                }

                break;
            case Kind.Get when standing is null:
                await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => test.GetAsync(step.Key));
                break;
            case Kind.Get:
                var got = await test.GetAsync(step.Key);
                Assert.Equal(standing.Info, got.Info);
                Assert.Equal(standing.Content, got.Content.ToByteArray());
                break;
            case Kind.List:
                await CompareListingAsync(test, model, step.Other, step.Size % 5);
                break;
            case Kind.Restart:
                await test.ReopenAsync();
                break;
        }

        async Task WriteAsync(ObjectConditions conditions, bool met)
        {
            if (met)
            {
                model[step.Key] = new Entry(content, await test.PutAsync(step.Key, content, conditions));
            }
            else
            {
                await TestStore.FaultOf(ObjectStoreFault.ConditionNotMet, () => test.PutAsync(step.Key, content, conditions));
            }
        }
    }

    private static async Task CompareAsync(TestStore test, Dictionary<string, Entry> model)
    {
        await CompareListingAsync(test, model, "", 0);
        foreach (var (key, entry) in model)
        {
            Assert.Equal(entry.Content, await test.ReadAsync(key));
        }
    }

    // The other key serves as prefix; the model folds by hand.
    private static async Task CompareListingAsync(TestStore test, Dictionary<string, Entry> model, string prefix, int pageSize)
    {
        var objects = new List<ObjectInfo>();
        var prefixes = new List<string>();
        var request = new ListObjectsRequest { Bucket = TestStore.Bucket, Prefix = prefix, Delimiter = "/", PageSize = pageSize };
        do
        {
            var page = await test.Store.ListAsync(request);
            objects.AddRange(page.Objects);
            prefixes.AddRange(page.CommonPrefixes);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        var matching = model.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal).ToList();
        Assert.Equal(matching.Where(k => !k[prefix.Length..].Contains('/', StringComparison.Ordinal)).Select(k => model[k].Info), objects);
        Assert.Equal(
            matching.Where(k => k[prefix.Length..].Contains('/', StringComparison.Ordinal)).Select(k => k[..(k.IndexOf('/', prefix.Length) + 1)]).Distinct(),
            prefixes);
    }
}
