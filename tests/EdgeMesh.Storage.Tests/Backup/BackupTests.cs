using System.Collections.Concurrent;
using EdgeMesh.Storage.Backup;
using EdgeMesh.Testing;
using EdgeMesh.V1;

namespace EdgeMesh.Storage.Tests.Backup;

public sealed class BackupTests
{
    private const string Region = "eu-west-2";

    [Fact]
    public async Task Backup_OfObjectsOfAllSizes_RestoresThemAll()
    {
        await using var test = await TestStore.OpenAsync();
        var contents = new[] { 0, 1, 511, ObjectLimits.ChunkBytes, ObjectLimits.ChunkBytes + 1, (3 * ObjectLimits.ChunkBytes) + 7 }
            .Select((length, i) => (Key: $"größe/{i}", Content: TestStore.Content(length, i))).ToList();
        var infos = new List<ObjectInfo>();
        foreach (var (key, content) in contents)
        {
            infos.Add(await test.WriteAsync(key, content));
        }

        await test.Store.CopyAsync(new CopyObjectRequest { SourceBucket = TestStore.Bucket, SourceKey = contents[2].Key, Destination = new ObjectSpec { Bucket = TestStore.Bucket, Key = "copy" } }, default);
        using var restored = new TempDirectory();
        var archive = await ArchiveOfAsync(test.Store);
        var head = await RestoreAsync(archive, restored.File("data"));

        Assert.Equal((Region, 7L, 6L), (head.Region, head.Objects, head.Bodies));
        Assert.Equal(7, StoreChecker.Check(restored.File("data")));
        await using var again = await TestStore.OpenAsync(restored.File("data"));
        for (var i = 0; i < contents.Count; i++)
        {
            Assert.Equal(contents[i].Content, await again.ReadAsync(contents[i].Key));
            Assert.Equal(infos[i], (await again.Store.HeadAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = contents[i].Key })).Info);
        }
    }

    [Fact]
    public async Task Backup_OfAnEmptyStore_RestoresABucket()
    {
        await using var test = await TestStore.OpenAsync();
        using var restored = new TempDirectory();

        await RestoreAsync(await ArchiveOfAsync(test.Store), restored.Path);

        await using var again = await TestStore.OpenAsync(restored.Path);
        Assert.Equal(TestStore.Bucket, Assert.Single((await again.Store.ListBucketsAsync(new ListBucketsRequest())).Buckets).Name);
    }

    [Fact]
    public async Task Backup_UnderWriteLoad_HasEverythingAcknowledgedBeforeIt()
    {
        await using var test = await TestStore.OpenAsync();
        var acknowledged = new ConcurrentDictionary<string, (ulong Generation, byte[] Sha256)>();
        using var stop = new CancellationTokenSource();
        var enough = new TaskCompletionSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            // Every key is written again and again, every tenth time deleted first: bodies go all the time.
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var key = $"{writer}/{i % 50}";
                var content = TestStore.Content(i % 7 == 0 ? 300_000 : 2_000, (writer * 100_000) + i);
                if (i % 10 == 0)
                {
                    acknowledged.TryRemove(key, out _);
                    await test.DeleteAsync(key);
                }

                var info = await test.WriteAsync(key, content);
                acknowledged[key] = (info.Generation, info.Sha256.ToByteArray());
                if (i == 60)
                {
                    enough.TrySetResult();
                }
            }
        })).ToList();
        await enough.Task.WaitAsync(TestDeadline.Default);

        var before = acknowledged.ToArray();
        var archive = await ArchiveOfAsync(test.Store);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        using var restored = new TempDirectory();
        await RestoreAsync(archive, restored.Path);
        await using var again = await TestStore.OpenAsync(restored.Path);
        foreach (var (key, (generation, sha256)) in before)
        {
            try
            {
                var found = (await again.Store.HeadAsync(new HeadObjectRequest { Bucket = TestStore.Bucket, Key = key })).Info;
                Assert.InRange(found.Generation, generation, ulong.MaxValue);
                var content = await again.ReadAsync(key);
                Assert.Equal(found.Sha256.ToByteArray(), TestStore.Sha256(content));
                Assert.True(found.Generation > generation || sha256.AsSpan().SequenceEqual(found.Sha256.Span), $"{key} has another content under the same generation");
            }
            catch (ObjectStoreException e) when (e.Fault == ObjectStoreFault.ObjectNotFound)
            {
                // Gone only where a later delete took it: its writer was on its way to write it again.
                Assert.True(!acknowledged.TryGetValue(key, out var now) || now.Generation > generation, $"{key} was acknowledged and is not there");
            }
        }

        await again.CloseAsync();
        await test.CloseAsync();
        StoreChecker.Check(restored.Path);
        StoreChecker.Check(test.Directory);
    }

    [Fact]
    public async Task Backup_ObjectDeletedMeanwhile_HasItAndThenLetsItGo()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", TestStore.Content(5_000));
        using var restored = new TempDirectory();
        var archive = new MemoryStream();
        using (var backup = await test.Store.BeginBackupAsync(Region, default))
        {
            await test.DeleteAsync("a");
            await test.PutAsync("later", [1]);
            await backup.WriteArchiveAsync(archive.WriteAsync, default);
        }

        await RestoreAsync(archive, restored.Path);
        await using var again = await TestStore.OpenAsync(restored.Path);
        Assert.Equal(TestStore.Content(5_000), await again.ReadAsync("a"));
        await TestStore.FaultOf(ObjectStoreFault.ObjectNotFound, () => again.ReadAsync("later"));
        await test.CloseAsync();
        Assert.Equal(1, StoreChecker.Check(test.Directory));
    }

    [Fact]
    public async Task BeginBackup_WhileOneRuns_IsUnavailableUntilItEnds()
    {
        await using var test = await TestStore.OpenAsync();
        using (await test.Store.BeginBackupAsync(Region, default))
        {
            await TestStore.FaultOf(ObjectStoreFault.Unavailable, () => test.Store.BeginBackupAsync(Region, default));
        }

        Assert.Empty(test.BodyFiles());
        Assert.NotEqual(0, (await ArchiveOfAsync(test.Store)).Length);
    }

    [Fact]
    public async Task WriteArchive_ReaderGoesAway_LeavesNothingBehind()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", TestStore.Content(400_000));
        using var gone = new CancellationTokenSource();
        using (var backup = await test.Store.BeginBackupAsync(Region, default))
        {
            await test.DeleteAsync("a");
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backup.WriteArchiveAsync(
                async (_, cancellationToken) =>
                {
                    // The other side goes away after the first chunk.
                    await gone.CancelAsync();
                    cancellationToken.ThrowIfCancellationRequested();
                },
                gone.Token));
        }

        await test.CloseAsync();
        Assert.Equal(0, StoreChecker.Check(test.Directory));
    }

    [Fact]
    public async Task WriteArchive_BodyDamaged_NamesTheObject()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", TestStore.Content(5_000));
        await File.WriteAllBytesAsync(Assert.Single(test.BodyFiles()), TestStore.Content(5_000, seed: 2));

        var e = await TestStore.FaultOf(ObjectStoreFault.Damaged, () => ArchiveOfAsync(test.Store));

        Assert.Contains($"{TestStore.Bucket}/a", e.Message, StringComparison.Ordinal);
        Assert.Single(test.BodyFiles());
    }

    [ForeignFact("tar")]
    public async Task Archive_ForTar_IsADataDirectory()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", TestStore.Content(700_000));
        using var folder = new TempDirectory();
        await File.WriteAllBytesAsync(folder.File("backup.tar"), (await ArchiveOfAsync(test.Store)).ToArray());

        using var tar = ChildProcess.Start("tar", ["xf", "backup.tar"], workingDirectory: folder.Path);
        Assert.Equal(0, await tar.WaitForExitAsync());

        await using var again = await TestStore.OpenAsync(folder.Path);
        Assert.Equal(TestStore.Content(700_000), await again.ReadAsync("a"));
    }

    internal static async Task<MemoryStream> ArchiveOfAsync(ObjectStore store)
    {
        var archive = new MemoryStream();
        using var backup = await store.BeginBackupAsync(Region, default);
        await backup.WriteArchiveAsync(archive.WriteAsync, default);
        return archive;
    }

    internal static Task<BackupHead> RestoreAsync(MemoryStream archive, string directory) =>
        StoreRestore.RunAsync(new MemoryStream(archive.ToArray()), directory, _ => { }, new Progress<long>(), default);
}
