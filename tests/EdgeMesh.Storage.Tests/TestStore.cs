using System.Security.Cryptography;
using EdgeMesh.Storage.Log;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Storage.Tests;

/// <summary>A store in a directory of its own, with a manual clock and a collected log; can be closed and opened again.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    internal const string Bucket = "photos";

    private readonly TempDirectory? _owned;
    private ObjectStore? _store;

    private TestStore(TempDirectory? owned, string directory)
    {
        _owned = owned;
        Directory = directory;
    }

    internal string Directory { get; }

    internal string DefaultCacheControl { get; private init; } = ObjectStoreOptions.StandardCacheControl;

    internal LogRetention LogRetention { get; set; } = new();

    internal ManualTimeProvider Time { get; } = new();

    internal LogCollector Log { get; } = new();

    internal ObjectStore Store => _store ?? throw new InvalidOperationException("The store is closed");

    /// <summary>Opens a new store with one bucket.</summary>
    internal static Task<TestStore> OpenAsync() => OpenNewAsync();

    /// <summary>Opens a new store with one bucket and a default of the test's own.</summary>
    internal static async Task<TestStore> OpenNewAsync(string defaultCacheControl = ObjectStoreOptions.StandardCacheControl)
    {
        var directory = new TempDirectory();
        var test = new TestStore(directory, directory.Path) { DefaultCacheControl = defaultCacheControl };
        await test.ReopenAsync();
        await test.Store.CreateBucketAsync(new CreateBucketRequest { Bucket = Bucket }, default);
        return test;
    }

    /// <summary>Opens what another process left.</summary>
    internal static async Task<TestStore> OpenAsync(string directory)
    {
        var test = new TestStore(null, directory);
        await test.ReopenAsync();
        return test;
    }

    internal async Task CloseAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
            _store = null;
        }
    }

    internal async Task ReopenAsync()
    {
        await CloseAsync();
        _store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DataDirectory = Directory, DefaultCacheControl = DefaultCacheControl, LogRetention = LogRetention }, Time, Log.CreateLogger("store"), default);
    }

    internal async Task<ObjectInfo> PutAsync(string key, byte[] content, ObjectConditions? conditions = null, Action<ObjectSpec>? also = null)
    {
        var spec = new ObjectSpec { Bucket = Bucket, Key = key, Conditions = conditions };
        also?.Invoke(spec);
        return (await Store.PutAsync(new PutObjectRequest { Spec = spec, Content = ByteString.CopyFrom(content) }, default)).Info;
    }

    /// <summary>Writes an object of any size as a stream, in pieces of odd lengths.</summary>
    internal async Task<ObjectInfo> WriteAsync(string key, byte[] content)
    {
        await using var writer = Store.BeginWrite(new ObjectSpec { Bucket = Bucket, Key = key });
        var piece = 1;
        for (var at = 0; at < content.Length; at += piece, piece = Math.Min((piece * 3) + 1, content.Length - at))
        {
            piece = Math.Min(piece, content.Length - at);
            await writer.AppendAsync(content.AsMemory(at, piece), default);
        }

        return await writer.CommitAsync(default);
    }

    internal async Task<GetObjectResponse> GetAsync(string key) =>
        await Store.GetAsync(new GetObjectRequest { Bucket = Bucket, Key = key }, default);

    /// <summary>Reads a range as a stream.</summary>
    internal async Task<byte[]> ReadAsync(string key, ByteRange? range = null)
    {
        using var reader = await Store.OpenReadAsync(new ReadObjectRequest { Bucket = Bucket, Key = key, Range = range }, default);
        var content = new MemoryStream();
        for (var chunk = await reader.ReadAsync(default); !chunk.IsEmpty; chunk = await reader.ReadAsync(default))
        {
            Assert.InRange(chunk.Length, 1, ObjectLimits.ChunkBytes);
            content.Write(chunk.Span);
        }

        return content.ToArray();
    }

    internal async Task<bool> DeleteAsync(string key, ObjectConditions? conditions = null) =>
        (await Store.DeleteAsync(new DeleteObjectRequest { Bucket = Bucket, Key = key, Conditions = conditions }, default)).Existed;

    /// <summary>The body files that are there.</summary>
    internal string[] BodyFiles() => System.IO.Directory.GetFiles(Path.Combine(Directory, "bodies"), "*", SearchOption.AllDirectories);

    /// <summary>Content that differs for each seed and is the same for the same one.</summary>
    internal static byte[] Content(int length, int seed = 1)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    internal static byte[] Sha256(byte[] content) => SHA256.HashData(content);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _owned?.Dispose();
    }

    /// <summary>Runs what must fail, and returns the fault.</summary>
    internal static async Task<ObjectStoreException> FaultOf(ObjectStoreFault fault, Func<Task> work)
    {
        var e = await Assert.ThrowsAsync<ObjectStoreException>(work);
        Assert.True(fault == e.Fault, $"Expected {fault}, got {e.Fault}: {e.Message}");
        return e;
    }
}
