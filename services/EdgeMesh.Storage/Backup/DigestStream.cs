using System.Security.Cryptography;

namespace EdgeMesh.Storage.Backup;

/// <summary>Passes bytes on to, or from, another stream, and takes their SHA-256 on the way.</summary>
/// <remarks>
/// The digest stands one tar block behind: a reader learns that a header is that of the archive's own digest only once it has read it.
/// Not thread-safe. The other stream stays its owner's.
/// </remarks>
internal sealed class DigestStream(Stream inner) : ForwardStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _behind = new byte[BackupArchive.BlockBytes];
    private int _behindLength;

    /// <summary>The last 512 bytes that went through, or all where there were fewer.</summary>
    internal ReadOnlySpan<byte> LastBlock => _behind.AsSpan(0, _behindLength);

    /// <summary>How many bytes went through.</summary>
    internal long BytesPassed { get; private set; }

    /// <summary>SHA-256, in hexadecimal, of all bytes so far.</summary>
    internal string Digest()
    {
        _hash.AppendData(_behind, 0, _behindLength);
        _behindLength = 0;
        return DigestBeforeLastBlock();
    }

    /// <summary>SHA-256, in hexadecimal, of all bytes so far but the last 512.</summary>
    internal string DigestBeforeLastBlock() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <inheritdoc/>
    public override bool CanRead => inner.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => inner.CanWrite;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Pass(buffer.Span[..count]);
        return count;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Pass(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        BytesPassed += bytes.Length;
        var leaving = Math.Clamp(_behindLength + bytes.Length - _behind.Length, 0, _behindLength);
        _hash.AppendData(_behind, 0, leaving);
        _behind.AsSpan(leaving, _behindLength - leaving).CopyTo(_behind);
        _behindLength -= leaving;
        var through = Math.Max(0, bytes.Length - _behind.Length);
        _hash.AppendData(bytes[..through]);
        bytes[through..].CopyTo(_behind.AsSpan(_behindLength));
        _behindLength += bytes.Length - through;
    }
}
