using System.Security.Cryptography;
using EdgeMesh.Storage.Backup;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Storage.Tests.Backup;

public sealed class RestoreTests
{
    [Fact]
    public async Task Restore_AnyByteAltered_IsRefusedAndLeavesNothing()
    {
        var archive = (await SmallArchiveAsync()).ToArray();
        using var folder = new TempDirectory();
        var random = new Random(4711);

        // Every block at either end is hit, and some of the bodies between.
        var positions = Enumerable.Range(0, archive.Length / 512).Where(block => block < 6 || block > (archive.Length / 512) - 8 || block % 32 == 0);
        foreach (var position in positions.Select(block => (block * 512) + random.Next(512)))
        {
            var altered = archive.ToArray();
            altered[position] ^= (byte)(1 << random.Next(8));

            await AssertRefusedAsync(altered, folder.File("data"), $"byte {position} altered");
        }
    }

    [Fact]
    public async Task Restore_Cut_IsRefusedAndLeavesNothing()
    {
        var archive = (await SmallArchiveAsync()).ToArray();
        using var folder = new TempDirectory();
        foreach (var length in (int[])[0, 1, 511, 512, 1024, archive.Length / 2, archive.Length - 1537, archive.Length - 1024, archive.Length - 512, archive.Length - 1])
        {
            await AssertRefusedAsync(archive[..length], folder.File("data"), $"cut to {length} of {archive.Length}");
        }
    }

    [Fact]
    public async Task Restore_SomethingAfterTheEnd_IsRefused()
    {
        var archive = (await SmallArchiveAsync()).ToArray();
        using var folder = new TempDirectory();

        await AssertRefusedAsync([.. archive, 0], folder.File("data"), "one zero more");
        await AssertRefusedAsync([.. archive, .. archive], folder.File("data"), "twice");
    }

    [Fact]
    public async Task Restore_IntoADirectoryWithSomethingInIt_LeavesItAlone()
    {
        using var folder = new TempDirectory();
        await File.WriteAllTextAsync(folder.File("letter.txt"), "Dear");

        var e = await Assert.ThrowsAsync<DataDirectoryException>(async () => await BackupTests.RestoreAsync(await SmallArchiveAsync(), folder.Path));

        Assert.Contains($"'{folder.Path}' is not empty ('letter.txt' is in it)", e.Message, StringComparison.Ordinal);
        Assert.Equal(folder.File("letter.txt"), Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
    }

    [Fact]
    public async Task Restore_IntoALiveDirectory_IsRefused()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", [1]);

        await Assert.ThrowsAsync<DataDirectoryException>(async () => await BackupTests.RestoreAsync(await SmallArchiveAsync(), test.Directory));

        Assert.Equal([1], (await test.GetAsync("a")).Content.ToByteArray());
    }

    [Fact]
    public async Task Restore_AfterOneThatWasKilled_BeginsAnew()
    {
        using var folder = new TempDirectory();
        Directory.CreateDirectory(folder.File("restoring", "bodies"));
        Directory.CreateDirectory(folder.File("bodies", "00"));
        await File.WriteAllTextAsync(folder.File("bodies", "00", new string('0', 32)), "of the killed one");

        var e = await Assert.ThrowsAsync<DataDirectoryException>(() => TestStore.OpenAsync(folder.Path));
        Assert.Contains("half restored", e.Message, StringComparison.Ordinal);
        await BackupTests.RestoreAsync(await SmallArchiveAsync(), folder.Path);

        Assert.Equal(2, StoreChecker.Check(folder.Path));
    }

    [Fact]
    public void Digest_OfAnyPieces_IsThatOfAllButTheLastBlock()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Gen.Choose(0, 1500).ArrayOf().ToArbitrary(), lengths =>
        {
            using var digest = new DigestStream(new MemoryStream());
            var written = new MemoryStream();
            foreach (var length in lengths)
            {
                var piece = TestStore.Content(length, length);
                digest.WriteAsync(piece).AsTask().GetAwaiter().GetResult();
                written.Write(piece);
            }

            var all = written.ToArray();
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all.AsSpan(0, Math.Max(0, all.Length - 512)))), digest.DigestBeforeLastBlock());
            Assert.Equal(all.Length, digest.BytesPassed);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), digest.Digest());
        }));
    }

    private static async Task<MemoryStream> SmallArchiveAsync()
    {
        await using var test = await TestStore.OpenAsync();
        await test.PutAsync("a", TestStore.Content(1_000));
        await test.WriteAsync("b", TestStore.Content(ObjectLimits.ChunkBytes + 1));
        return await BackupTests.ArchiveOfAsync(test.Store);
    }

    private static async Task AssertRefusedAsync(byte[] archive, string directory, string what)
    {
        var e = await Record.ExceptionAsync(() => BackupTests.RestoreAsync(new MemoryStream(archive), directory));
        Assert.True(e is BackupArchiveException, $"{what}: {e?.ToString() ?? "restored"}");
        Assert.False(Directory.Exists(directory), $"{what}: the directory is left");
    }
}
