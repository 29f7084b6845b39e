using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

public sealed class BucketTests
{
    [Fact]
    public async Task CreateBucket_Twice_LeavesTheFirst()
    {
        await using var test = await TestStore.OpenAsync();
        var first = await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = "b-1" }, default);
        test.Time.Advance(TimeSpan.FromHours(1));

        var second = await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = "b-1" }, default);

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task DeleteBucket_WithObjects_IsNotEmpty()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", []);

        await TestStore.FaultOf(ObjectStoreFault.BucketNotEmpty, () => test.Store.DeleteBucketAsync(new DeleteBucketRequest { Bucket = TestStore.Bucket }, default));
        await test.DeleteAsync("a");
        await test.Store.DeleteBucketAsync(new DeleteBucketRequest { Bucket = TestStore.Bucket }, default);

        await TestStore.FaultOf(ObjectStoreFault.BucketNotFound, () => test.GetAsync("a"));
    }

    [Fact]
    public async Task ListBuckets_Paged_AnswersAllInOrder()
    {
        await using var test = await TestStore.OpenAsync();
        var names = Enumerable.Range(0, 7).Select(i => $"bucket-{i * 7 % 10}").ToList();
        foreach (var name in names)
        {
            await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = name }, default);
        }

        var listed = new List<string>();
        var request = new ListBucketsRequest { PageSize = 3 };
        do
        {
            var page = await test.Store.ListBucketsAsync(request);
            Assert.InRange(page.Buckets.Count, 1, 3);
            listed.AddRange(page.Buckets.Select(b => b.Name));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(names.Append(TestStore.Bucket).Order(StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task ListBuckets_TokenOfAnObjectListing_IsInvalid()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", []);
        await test.PutAsync("b", []);
        var token = (await test.Store.ListAsync(new ListObjectsRequest { Bucket = TestStore.Bucket, PageSize = 1 })).NextPageToken;

        var e = await TestStore.FaultOf(ObjectStoreFault.InvalidArgument, async () => await test.Store.ListBucketsAsync(new ListBucketsRequest { PageToken = token, PageSize = -1 }));

        Assert.Equal(["page_size", "page_token"], e.Violations.Select(v => v.Field));
    }
}
