using System.Text;
using EdgeMesh.Storage.Database;
using EdgeMesh.Storage.Listing;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests;

public sealed class ListingTests
{
    [Fact]
    public async Task List_Everything_IsInByteOrder()
    {
        await using var test = await TestStore.OpenAsync();
        string[] keys = ["b", "a", "Z", "aa", "a/b", "ü", "\U00010000", "\uffee", "a-b", "~"];
        await PutAllAsync(test, keys);

        var page = await ListAsync(test, new ListObjectsRequest());

        Assert.Equal(keys.OrderBy(k => Convert.ToHexString(Encoding.UTF8.GetBytes(k)), StringComparer.Ordinal), page.Objects.Select(o => o.Key));
        Assert.Empty(page.NextPageToken);
        Assert.Equal((await test.GetAsync("ü")).Info, page.Objects.Single(o => o.Key == "ü"));
    }

    [Theory]
    [InlineData("", "", "a,a/1,a/2,a0,b//c,b/c/d,b/c/e,c", "")]
    [InlineData("a", "", "a,a/1,a/2,a0", "")]
    [InlineData("a/", "", "a/1,a/2", "")]
    [InlineData("", "/", "a,a0,c", "a/,b/")]
    [InlineData("b/", "/", "", "b//,b/c/")]
    [InlineData("b/c", "/", "", "b/c/")]
    [InlineData("b/c/", "/", "b/c/d,b/c/e", "")]
    [InlineData("", "/c", "a,a/1,a/2,a0,c", "b//c,b/c")]
    [InlineData("a/1", "/", "a/1", "")]
    [InlineData("zz", "/", "", "")]
    [InlineData("", "nowhere", "a,a/1,a/2,a0,b//c,b/c/d,b/c/e,c", "")]
    public async Task List_PrefixAndDelimiter_FoldsWhatS3Folds(string prefix, string delimiter, string objects, string prefixes)
    {
        await using var test = await TestStore.OpenAsync();
        await PutAllAsync(test, "a", "a/1", "a/2", "a0", "b//c", "b/c/d", "b/c/e", "c");
        for (var size = 1; size <= 9; size++)
        {
            var pages = await PagesAsync(test, new ListObjectsRequest { Prefix = prefix, Delimiter = delimiter, PageSize = size });

            Assert.Equal(Split(objects), pages.SelectMany(p => p.Objects).Select(o => o.Key));
            Assert.Equal(Split(prefixes), pages.SelectMany(p => p.CommonPrefixes));
            Assert.All(pages, p => Assert.InRange(p.Objects.Count + p.CommonPrefixes.Count, 0, size));
            Assert.All(pages.SkipLast(1), p => Assert.Equal(size, p.Objects.Count + p.CommonPrefixes.Count));
        }
    }

    [Fact]
    public async Task List_OtherBucketsObjects_AreNotThere()
    {
        await using var test = await TestStore.OpenAsync();
        await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = "other" }, default);
        await test.PutAsync("a", []);
        await test.PutAsync("b", [], also: s => s.Bucket = "other");

        Assert.Equal("a", Assert.Single((await ListAsync(test, new ListObjectsRequest())).Objects).Key);
    }

    [Fact]
    public async Task List_TokenOfAnotherListing_IsInvalid()
    {
        await using var test = await TestStore.OpenAsync();
        await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = "other" }, default);
        await PutAllAsync(test, "a/1", "a/2", "a/3");
        var mine = new ListObjectsRequest { Prefix = "a/", Delimiter = "/", PageSize = 1 };
        var token = (await ListAsync(test, mine)).NextPageToken;
        ListObjectsRequest[] others =
        [
            new() { Bucket = "other", Prefix = "a/", Delimiter = "/" },
            new() { Bucket = TestStore.Bucket, Prefix = "a", Delimiter = "/" },
            new() { Bucket = TestStore.Bucket, Prefix = "a/", Delimiter = "" },
            new() { Bucket = TestStore.Bucket, Prefix = "a", Delimiter = "//" },
        ];
        foreach (var other in others)
        {
            other.PageToken = token;
            await TokenIsInvalid(other);
        }

        foreach (var spoiled in new[] { "x", "!", "B" + token[1..], token[..8], token.ToUpperInvariant(), new string('A', 5000) })
        {
            mine.PageToken = spoiled;
            await TokenIsInvalid(mine);
        }

        async Task TokenIsInvalid(ListObjectsRequest request)
        {
            var e = await TestStore.FaultOf(ObjectStoreFault.InvalidArgument, async () => await test.Store.ListAsync(request));
            Assert.Equal("page_token", Assert.Single(e.Violations).Field);
        }
    }

    [Fact]
    public async Task List_BadEverything_NamesEveryField()
    {
        await using var test = await TestStore.OpenAsync();
        var request = new ListObjectsRequest { Bucket = "X1X", Prefix = new string('p', 1025), Delimiter = new string('/', 17), PageSize = 1001, PageToken = "?" };

        var e = await TestStore.FaultOf(ObjectStoreFault.InvalidArgument, async () => await test.Store.ListAsync(request));

        Assert.Equal(["bucket", "prefix", "delimiter", "page_size", "page_token"], e.Violations.Select(v => v.Field));
        Assert.Equal("must be 1 to 1,000, or 0 for 1,000; is 1001", e.Violations[3].Description);
    }

    [Fact]
    public async Task List_ObjectsWithMuchMetadata_EndsPagesUnderTheMessageLimit()
    {
        await using var test = await TestStore.OpenAsync();
        const int Count = 400;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => test.PutAsync($"{i:d4}", [], also: spec =>
        {
            for (var entry = 0; entry < 4; entry++)
            {
                spec.Metadata.Add($"k{entry}", new string('v', 2000));
            }

            spec.Tags.Add(Enumerable.Range(0, 32).Select(tag => $"{tag:d2}{new string('t', 126)}"));
        })));

        var pages = await PagesAsync(test, new ListObjectsRequest());

        Assert.Equal(Count, pages.SelectMany(p => p.Objects).Select(o => o.Key).Distinct().Count());
        Assert.Equal(2, pages.Count);
        Assert.All(pages, page => Assert.InRange(page.CalculateSize(), 1, 4 * 1024 * 1024));
    }

    // A million keys under one prefix cost no more than one: the walk must not touch them.
    [Fact]
    public async Task List_FoldedPrefixes_AreSkippedNotWalked()
    {
        await using var test = await TestStore.OpenAsync();
        for (var folder = 0; folder < 3; folder++)
        {
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => test.PutAsync($"f{folder}/{i:d4}", [])));
        }

        await test.CloseAsync();
        using var metadata = new MetadataDatabase(test.Directory);
        var listing = ObjectListing.Parse(new ListObjectsRequest { Bucket = TestStore.Bucket, Delimiter = "/" });
        var (page, rows) = metadata.Read(queries => (queries.Snapshot(listing.Page), queries.ObjectRowsListed));

        Assert.Equal(["f0/", "f1/", "f2/"], page.CommonPrefixes);
        Assert.Equal(3, rows);
    }

    [Fact]
    public async Task List_ChangedMeanwhile_AnswersEveryKeyThatStandsExactlyOnce()
    {
        await using var test = await TestStore.OpenAsync();
        var standing = Enumerable.Range(0, 60).Select(i => $"{i:d3}/s").ToList();
        await PutAllAsync(test, [.. standing]);
        using var done = new CancellationTokenSource();
        var changes = Task.Run(async () =>
        {
            var random = new Random(5);
            while (!done.IsCancellationRequested)
            {
                var key = $"{random.Next(60):d3}/{(char)('a' + random.Next(26))}x";
                await test.PutAsync(key, []);
                await test.DeleteAsync($"{random.Next(60):d3}/{(char)('a' + random.Next(26))}x");
            }
        });

        for (var round = 0; round < 10; round++)
        {
            var plain = await PagesAsync(test, new ListObjectsRequest { PageSize = 7 });
            var keys = plain.SelectMany(p => p.Objects).Select(o => o.Key).ToList();
            Assert.Equal(keys.Order(StringComparer.Ordinal).Distinct(), keys);
            Assert.Empty(standing.Except(keys));

            var folded = await PagesAsync(test, new ListObjectsRequest { PageSize = 7, Delimiter = "/" });
            Assert.Equal(standing.Select(k => k[..4]), folded.SelectMany(p => p.CommonPrefixes));
        }

        await done.CancelAsync();
        await changes;
    }

    private static string[] Split(string keys) => keys.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static Task PutAllAsync(TestStore test, params string[] keys) => Task.WhenAll(keys.Select(key => test.PutAsync(key, [])));

    private static async Task<ListObjectsResponse> ListAsync(TestStore test, ListObjectsRequest request)
    {
        request.Bucket = TestStore.Bucket;
        return await test.Store.ListAsync(request);
    }

    private static async Task<List<ListObjectsResponse>> PagesAsync(TestStore test, ListObjectsRequest request)
    {
        request.PageToken = "";
        var pages = new List<ListObjectsResponse>();
        do
        {
            pages.Add(await ListAsync(test, request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return pages;
    }
}
