using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Objects;

/// <summary>The commands of the object store against a Region and an edge location.</summary>
public sealed class ObjectCommandsTests(SmallMesh mesh) : IClassFixture<SmallMesh>, IDisposable
{
    /// <summary>More than a unary call carries.</summary>
    private const int LargeBytes = 5_000_000;

    private readonly string _bucket = $"b-{Guid.NewGuid():N}";
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Put_StandardInput_GetGivesItBack()
    {
        await MakeBucketAsync();
        var put = await PutAsync("hello"u8.ToArray(), "greeting.txt", "--metadata", "colour=blue", "--tag", "t1", "--cache-control", "public, max-age=60");
        Assert.Equal("", put.Error);
        Assert.Matches($"^stored {_bucket}/greeting.txt, 5 B, generation [0-9]+, etag \".+\"\n$", put.Output.ReplaceLineEndings("\n"));

        var get = await RunAsync("get", $"{_bucket}/greeting.txt");
        Assert.Equal("hello", get.Output);
        Assert.Equal("", get.Error);

        var stat = JsonNode.Parse((await RunAsync("stat", $"{_bucket}/greeting.txt", "--json")).Output)!["object"]!;
        Assert.Equal("text/plain", (string)stat["contentType"]!);
        Assert.Equal("blue", (string)stat["metadata"]!["colour"]!);
        Assert.Equal("t1", (string)stat["tags"]![0]!);
        Assert.Equal("public, max-age=60", (string)stat["cacheControl"]!);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("hello"u8)), (string)stat["sha256"]!);
    }

    [Fact]
    public async Task Get_ThroughAnEdge_MissThenHit()
    {
        await MakeBucketAsync();
        await PutAsync("cached"u8.ToArray(), "k", "--cache-control", "public, max-age=60");

        var miss = await CliRun.Of("get", $"{_bucket}/k", "--to", mesh.Edge, "--verbose");
        var hit = await CliRun.Of("get", $"{_bucket}/k", "--to", mesh.Edge, "--verbose");

        Assert.Equal(("cached", "cached"), (miss.Output, hit.Output));
        Assert.StartsWith("miss from LHR50-1 in ", miss.Error);
        Assert.StartsWith("hit from LHR50-1 in ", hit.Error);
        Assert.Contains("(cache-status: LHR50-1; hit", hit.Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_LargerThanACallCarries_StreamsBothWays(bool fromFile)
    {
        await MakeBucketAsync();
        var content = RandomNumberGenerator.GetBytes(LargeBytes);
        var local = _directory.File("large.bin");
        await File.WriteAllBytesAsync(local, content);

        var put = fromFile ? await RunAsync("put", local, $"{_bucket}/dir/") : await PutAsync(content, "dir/large.bin");
        Assert.Equal("", put.Error);

        var copy = _directory.File("copy.bin");
        var get = await RunAsync("get", $"{_bucket}/dir/large.bin", copy, "--json");
        Assert.Equal("", get.Error);
        Assert.Equal(LargeBytes, (long)JsonNode.Parse(get.Output)!["object"]!["size"]!);
        Assert.Equal(content, await File.ReadAllBytesAsync(copy));

        var range = await RunAsync("get", $"{_bucket}/dir/large.bin", "--range", "-500");
        Assert.Equal(content[^500..], range.OutputBytes);
        Assert.Equal(content[10..20], (await RunAsync("get", $"{_bucket}/dir/large.bin", "--range", "10-19")).OutputBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4_128_768)]
    [InlineData(4_128_769)]
    public async Task Put_AtTheLimitOfOneCall_ComesBackWhole(int bytes)
    {
        await MakeBucketAsync();
        var content = RandomNumberGenerator.GetBytes(bytes);

        var put = await PutAsync(content, "k");
        var get = await CliRun.Of("get", $"{_bucket}/k", "--to", mesh.Edge);

        Assert.Equal(("", ""), (put.Error, get.Error));
        Assert.Equal(content, get.OutputBytes);
    }

    [Fact]
    public async Task Put_NoSuchBucket_SaysHowToMakeIt()
    {
        var put = await PutAsync("x"u8.ToArray(), "k");

        Assert.Equal(ExitCodes.Failed, put.ExitCode);
        Assert.Contains("NOT_FOUND", put.Error);
        Assert.EndsWith($"Create the bucket first: edgemesh mb {_bucket}", put.Error.TrimEnd());
    }

    [Fact]
    public async Task Put_ConditionNotMet_FailsAndChangesNothing()
    {
        await MakeBucketAsync();
        await PutAsync("first"u8.ToArray(), "k", "--if-none-match", "*");

        var second = await PutAsync("second"u8.ToArray(), "k", "--if-none-match", "*");

        Assert.Equal(ExitCodes.Failed, second.ExitCode);
        Assert.Contains("FAILED_PRECONDITION", second.Error);
        Assert.Equal("first", (await RunAsync("get", $"{_bucket}/k")).Output);
    }

    [Fact]
    public async Task Put_EtagWithoutQuotes_Matches()
    {
        await MakeBucketAsync();
        var stored = JsonNode.Parse((await PutAsync("first"u8.ToArray(), "k", "--json")).Output)!;
        var etag = ((string)stored["object"]!["etag"]!).Trim('"');
        var generation = stored["object"]!["generation"]!.ToString();

        var second = await PutAsync("second"u8.ToArray(), "k", "--if-match", etag, "--if-generation", generation);

        Assert.Equal(ExitCodes.Success, second.ExitCode);
    }

    [Fact]
    public async Task Get_MissingObject_LeavesTheFileAsItWas()
    {
        await MakeBucketAsync();
        var local = _directory.File("mine");
        await File.WriteAllTextAsync(local, "mine");

        var get = await RunAsync("get", $"{_bucket}/absent", local);

        Assert.Equal(ExitCodes.Failed, get.ExitCode);
        Assert.Contains("answered NOT_FOUND: ", get.Error);
        Assert.Single(get.Error.TrimEnd().Split('\n'));
        Assert.Equal("mine", await File.ReadAllTextAsync(local));
        Assert.Equal([local], Directory.GetFiles(_directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("absent/file.txt")]
    public async Task Get_WhereNoFileCanBe_NamesItAndLeavesNothing(string file)
    {
        await MakeBucketAsync();
        await PutAsync("x"u8.ToArray(), "k");
        var path = Path.Combine(_directory.Path, file);

        var get = await RunAsync("get", $"{_bucket}/k", path);

        Assert.Equal(ExitCodes.Failed, get.ExitCode);
        Assert.StartsWith($"edgemesh: FILE '{path}': ", get.Error);
        Assert.DoesNotContain(".part", get.Error);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_directory.Path)!, Path.GetFileName(_directory.Path) + "*.part"));
    }

    [Fact]
    public async Task Put_Directory_SaysSo()
    {
        var put = await RunAsync("put", _directory.Path, $"{_bucket}/k");

        Assert.Equal(ExitCodes.Failed, put.ExitCode);
        Assert.Equal($"edgemesh: LOCAL '{_directory.Path}': a directory; name a file", put.Error.TrimEnd());
    }

    [Fact]
    public async Task Put_MetadataTwice_Refused()
    {
        var put = await PutAsync([], "k", "--metadata", "a=1", "--metadata", "a=2");

        Assert.Equal(ExitCodes.Usage, put.ExitCode);
        Assert.Equal("edgemesh: --metadata 'a': given twice", put.Error.TrimEnd());
    }

    [Fact]
    public async Task Ls_Bucket_FoldsUnlessRecursive()
    {
        await MakeBucketAsync();
        foreach (var key in new[] { "a.txt", "dir/b.txt", "dir/c.txt" })
        {
            await PutAsync("x"u8.ToArray(), key);
        }

        var folded = JsonNode.Parse((await RunAsync("ls", _bucket, "--json")).Output)!;
        var all = JsonNode.Parse((await RunAsync("ls", _bucket, "--json", "--recursive")).Output)!;
        var table = (await RunAsync("ls", $"{_bucket}/dir/")).Output.ReplaceLineEndings("\n").Split('\n');

        Assert.Equal(["a.txt"], folded["objects"]!.AsArray().Select(o => (string)o!["key"]!));
        Assert.Equal(["dir/"], folded["prefixes"]!.AsArray().Select(p => (string)p!));
        Assert.Equal(["a.txt", "dir/b.txt", "dir/c.txt"], all["objects"]!.AsArray().Select(o => (string)o!["key"]!));
        Assert.StartsWith("KEY", table[0]);
        Assert.StartsWith("dir/b.txt", table[1]);
    }

    [Fact]
    public async Task Rm_Recursive_EmptiesTheBucket()
    {
        await MakeBucketAsync();
        await PutAsync("x"u8.ToArray(), "a");
        await PutAsync("x"u8.ToArray(), "b/c");

        var full = await RunAsync("rb", _bucket);
        var removed = JsonNode.Parse((await RunAsync("rm", _bucket, "--recursive", "--json")).Output)!;
        var empty = await RunAsync("rb", _bucket);

        Assert.Equal(ExitCodes.Failed, full.ExitCode);
        Assert.Contains("FAILED_PRECONDITION", full.Error);
        Assert.Equal([$"{_bucket}/a", $"{_bucket}/b/c"], removed["removed"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(ExitCodes.Success, empty.ExitCode);
        Assert.DoesNotContain(_bucket, (await RunAsync("ls")).Output);
    }

    [Fact]
    public async Task Rm_MissingObject_Fails()
    {
        await MakeBucketAsync();

        var rm = await RunAsync("rm", $"{_bucket}/absent");

        Assert.Equal(ExitCodes.Failed, rm.ExitCode);
        Assert.Equal($"edgemesh: no such object: {_bucket}/absent", rm.Error.TrimEnd());
    }

    [Fact]
    public async Task Mb_BadName_ExplainsTheRule()
    {
        var mb = await RunAsync("mb", "No");

        Assert.Equal(ExitCodes.Failed, mb.ExitCode);
        Assert.Contains("INVALID_ARGUMENT", mb.Error);
        Assert.Single(mb.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Nodes_OfARegion_ListsBoth()
    {
        var json = JsonNode.Parse((await CliRun.Of("nodes", "--json", "--to", mesh.RegionAdmin)).Output)!["nodes"]!.AsArray();
        var table = (await CliRun.Of("nodes", "--to", mesh.RegionAdmin)).Output;

        Assert.Equal("eu-west-2", (string)json[0]!["name"]!);
        Assert.Equal("region", (string)json[0]!["kind"]!);
        Assert.Contains("eu-west-2", table);
    }

    [Fact]
    public async Task Nodes_OfAnEdge_SaysThatItIsNone()
    {
        var nodes = await CliRun.Of("nodes", "--to", mesh.Edge);

        Assert.Equal(ExitCodes.Failed, nodes.ExitCode);
        Assert.Contains("does not relay control methods", nodes.Error);
    }

    private async Task MakeBucketAsync() => Assert.Equal(ExitCodes.Success, (await RunAsync("mb", _bucket)).ExitCode);

    private Task<CliRun> RunAsync(params string[] arguments) => CliRun.Of([.. arguments, "--to", mesh.Region]);

    private Task<CliRun> PutAsync(byte[] content, string key, params string[] options) =>
        CliRun.With(new() { ["EDGEMESH_TARGET"] = mesh.Region }, content, ["put", "-", $"{_bucket}/{key}", .. options]);
}
