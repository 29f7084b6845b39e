using System.Security.Cryptography;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;
using Xunit.Abstractions;

namespace EdgeMesh.Scenarios.Storage;

/// <summary>The largest object that may be, through a Region whose heap holds a twentieth of it.</summary>
public sealed class LargeObjectTests(ITestOutputHelper output)
{
    private const long SizeBytes = 5L << 30;
    private const int PieceBytes = 1 << 20;

    // 256 MiB, as DOTNET_GCHeapHardLimit wants it: hexadecimal.
    private const string HeapLimit = "0x10000000";

    // About a minute on two quiet cores; a shared disk may need several times as long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task Region_FiveGibibytesUnderASmallHeap_AreWrittenAndReadBack()
    {
        using var directory = new TempDirectory();
        using var limit = new CancellationTokenSource(Limit);
        await using var region = await RegionProcess.StartAsync(directory.Path, [new("DOTNET_GCHeapHardLimit", HeapLimit)]);
        await region.Client.CreateBucketAsync(new CreateBucketRequest { Bucket = RegionProcess.Bucket }, cancellationToken: limit.Token);
        var started = TimeProvider.System.GetTimestamp();

        var (info, sent) = await WriteAsync(region, limit.Token);
        var written = TimeProvider.System.GetElapsedTime(started);
        var (size, received) = await ReadAsync(region, limit.Token);
        var total = TimeProvider.System.GetElapsedTime(started);

        output.WriteLine($"written in {written.TotalSeconds:f1} s, read in {(total - written).TotalSeconds:f1} s");
        Assert.Equal((ulong)SizeBytes, info.SizeBytes);
        Assert.Equal(sent, info.Sha256.ToByteArray());
        Assert.Equal(SizeBytes, size);
        Assert.Equal(sent, received);
        Assert.DoesNotContain(region.Process.Errors, line => line.Contains("fail: ", StringComparison.Ordinal));
    }

    private static async Task<(ObjectInfo Info, byte[] Sha256)> WriteAsync(RegionProcess region, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var write = region.Client.WriteObject(cancellationToken: cancellationToken);
        await write.RequestStream.WriteAsync(new WriteObjectRequest { Spec = new ObjectSpec { Bucket = RegionProcess.Bucket, Key = "largest" } }, cancellationToken);
        var piece = RandomNumberGenerator.GetBytes(PieceBytes);
        for (var at = 0L; at < SizeBytes; at += PieceBytes)
        {
            // No two pieces are alike: a lost, repeated or swapped one changes the digest.
            BitConverter.TryWriteBytes(piece, at);
            hash.AppendData(piece);
            await write.RequestStream.WriteAsync(new WriteObjectRequest { Chunk = UnsafeByteOperations.UnsafeWrap(piece) }, cancellationToken);
        }

        await write.RequestStream.CompleteAsync();
        return ((await write).Info, hash.GetHashAndReset());
    }

    private static async Task<(long Size, byte[] Sha256)> ReadAsync(RegionProcess region, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var read = region.Client.ReadObject(new ReadObjectRequest { Bucket = RegionProcess.Bucket, Key = "largest" }, cancellationToken: cancellationToken);
        var size = 0L;
        while (await read.ResponseStream.MoveNext(cancellationToken))
        {
            var chunk = read.ResponseStream.Current.Chunk;
            size += chunk.Length;
            hash.AppendData(chunk.Span);
        }

        return (size, hash.GetHashAndReset());
    }
}
