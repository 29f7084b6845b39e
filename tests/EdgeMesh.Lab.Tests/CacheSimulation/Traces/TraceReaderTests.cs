using System.IO.Compression;
using System.Text;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Lab.CacheSimulation.Traces;
using EdgeMesh.Testing;

namespace EdgeMesh.Lab.Tests.CacheSimulation.Traces;

public sealed class TraceReaderTests
{
    [Fact]
    public void Text_AnyDividersAndFurtherColumns_IsRead()
    {
        var trace = Read("1 7 100\n2,8,200\r\n\n3\t7\t100\textra\n4.5 7 150", TraceFormat.TextTimeIdSize);

        Assert.Equal([0, 1, 0, 2], trace.Requests.ToArray());
        Assert.Equal([100, 200, 150], trace.Sizes.ToArray());
        Assert.Equal(450, trace.FootprintBytes);
    }

    [Fact]
    public void U32_LittleEndianIdAndSize_IsRead()
    {
        var trace = Read([1, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0], TraceFormat.U32IdSize);

        Assert.Equal([0, 1, 0], trace.Requests.ToArray());
        Assert.Equal([256, 1], trace.Sizes.ToArray());
    }

    [Fact]
    public void BigEndian_IdsWithoutSizes_AreUnits()
    {
        Assert.Equal([0, 1, 0], Read([0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1], TraceFormat.BigEndianInt32).Requests.ToArray());
        var wide = Read([0, 0, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], TraceFormat.BigEndianInt64);
        Assert.Equal([1, 1], wide.Sizes.ToArray());
    }

    [Fact]
    public void Own_WhatWasRecorded_IsRead()
    {
        var bytes = new byte[RecordedTrace.HeaderBytes + (3 * RecordedTrace.RecordBytes)];
        RecordedTrace.WriteHeader(bytes, DateTimeOffset.UnixEpoch);
        foreach (var (i, hash, size) in new[] { (0, ulong.MaxValue, 10L), (1, 5UL, 1L << 40), (2, ulong.MaxValue, 10L) })
        {
            RecordedTrace.WriteRecord(bytes.AsSpan(RecordedTrace.HeaderBytes + (i * RecordedTrace.RecordBytes)), hash, TimeSpan.FromSeconds(i), size);
        }

        var trace = Read(bytes, TraceFormat.Own);

        Assert.Equal([0, 1, 0], trace.Requests.ToArray());
        Assert.Equal([10, uint.MaxValue], trace.Sizes.ToArray());
    }

    [Theory]
    [InlineData("1 7 100\n2 8", "line 2: want three columns, time, id and size, got \"2 8\"")]
    [InlineData("1 7 100\n\n3 x 5\n", "line 3: the id must be a whole number from 0 to 2^64 - 1, got \"x\"")]
    [InlineData("1 7 -3", "line 1: the size must be a whole number of bytes from 0 to 1099511627775, got \"-3\"")]
    [InlineData("1 7 1099511627776", "line 1: the size must be a whole number of bytes from 0 to 1099511627775, got \"1099511627776\"")]
    [InlineData("1 7 3.5", "line 1: the size must be a whole number of bytes from 0 to 1099511627775, got \"3.5\"")]
    [InlineData("when 7 3", "line 1: the time must be a number, got \"when\"")]
    [InlineData("\n \n", "no requests in it")]
    [InlineData("", "no requests in it")]
    public void Text_Malformed_SaysLineAndWhy(string text, string message) =>
        Assert.Equal(message, Assert.Throws<TraceException>(() => Read(text, TraceFormat.TextTimeIdSize)).Message);

    [Fact]
    public void Text_LineWithoutEnd_IsRefused()
    {
        var failure = Assert.Throws<TraceException>(() => Read("1 2 3\n" + new string('7', 2_000_000), TraceFormat.TextTimeIdSize));

        Assert.Equal("line 2: longer than 65536 bytes", failure.Message);
    }

    [Fact]
    public void Records_CutOff_SayWhichOne()
    {
        var failure = Assert.Throws<TraceException>(() => Read([0, 0, 0, 1, 0, 0, 0], TraceFormat.BigEndianInt32));

        Assert.Equal("record 2: 3 bytes where a record has 4", failure.Message);
    }

    [Fact]
    public void Own_AnotherFile_IsRefused()
    {
        Assert.Contains("does not begin as one", Assert.Throws<TraceException>(() => Read(new byte[100], TraceFormat.Own)).Message);
        Assert.Contains("does not begin as one", Assert.Throws<TraceException>(() => Read([1, 2], TraceFormat.Own)).Message);
    }

    [Fact]
    public void Text_ManyLinesAcrossBuffers_AreAllRead()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 300_000; i++)
        {
            text.Append(i).Append(' ').Append(i % 1000).Append(" 10\n");
        }

        var trace = Read(text.ToString(), TraceFormat.TextTimeIdSize);

        Assert.Equal(300_000, trace.Requests.Length);
        Assert.Equal(1000, trace.Sizes.Length);
        Assert.Equal(299_999 % 1000, trace.Requests[^1]);
    }

    [Fact]
    public void File_GzipOrNot_IsReadAndDamageIsTold()
    {
        using var directory = new TempDirectory();
        var plain = Path.Combine(directory.Path, "a.trace");
        var zipped = Path.Combine(directory.Path, "a.trace.gz");
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i} {i * 7919 % 10_007} {(i % 9) + 1}\n")));
        File.WriteAllBytes(plain, bytes);
        using (var gzip = new GZipStream(File.Create(zipped), CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        Assert.Equal(20_000, TraceFile.Read(plain, TraceFormat.TextTimeIdSize, null, default).Requests.Length);
        Assert.Equal(20_000, TraceFile.Read(zipped, TraceFormat.TextTimeIdSize, null, default).Requests.Length);

        var damaged = File.ReadAllBytes(zipped);
        damaged.AsSpan(2000, 200).Fill(0xAA);
        File.WriteAllBytes(zipped, damaged);
        Assert.Throws<TraceException>(() => TraceFile.Read(zipped, TraceFormat.TextTimeIdSize, null, default));

        // Compressed bytes in a binary format would be records too.
        File.WriteAllBytes(plain, damaged);
        Assert.Contains("still compressed", Assert.Throws<TraceException>(() => TraceFile.Read(plain, TraceFormat.BigEndianInt32, null, default)).Message);
    }

    [Fact]
    public void File_NotThere_SaysSo() =>
        Assert.Contains("/no/such/file", Assert.Throws<TraceException>(() => TraceFile.Read("/no/such/file", TraceFormat.Own, null, default)).Message);

    private static Trace Read(string text, TraceFormat format) => Read(Encoding.ASCII.GetBytes(text), format);

    private static Trace Read(byte[] bytes, TraceFormat format) => TraceReader.Read(new MemoryStream(bytes), format, null, default);
}
