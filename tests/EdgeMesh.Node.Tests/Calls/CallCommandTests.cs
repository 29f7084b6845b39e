using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Testing;

namespace EdgeMesh.Node.Tests.Calls;

/// <summary><c>edgemesh call</c> against a Region and an edge location, whose own services are of all four types.</summary>
public sealed class CallCommandTests(SmallMesh mesh) : IClassFixture<SmallMesh>
{
    private const string Store = "edgemesh.v1.ObjectStoreService";
    private const string Reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

    private readonly string _bucket = $"b-{Guid.NewGuid():N}";

    [Fact]
    public async Task Call_Unary_AnswersInJson()
    {
        var run = await CliRun.Of("call", mesh.Region, $"{Store}/CreateBucket", "-d", $$"""{"bucket": "{{_bucket}}"}""");

        Assert.Equal("", run.Error);
        Assert.Equal(_bucket, (string)JsonNode.Parse(run.Output)!["bucket"]!["name"]!);
    }

    [Fact]
    public async Task Call_WithoutMessage_SendsAnEmptyOne()
    {
        var run = await CliRun.Of("call", mesh.Region, "grpc.health.v1.Health/Check");

        Assert.Equal("""{"status":"SERVING"}""", run.Output.TrimEnd());
    }

    [Fact]
    public async Task Call_ClientStream_SendsEveryValue()
    {
        await CliRun.Of("mb", _bucket, "--to", mesh.Region);
        var requests = $$"""
            {"spec": {"bucket": "{{_bucket}}", "key": "k"} }
            {"chunk": "aGVs"} {"chunk": "bG8="}
            """;

        var run = await CliRun.With([], Encoding.UTF8.GetBytes(requests), "call", mesh.Edge, $"{Store}/WriteObject", "-d", "@");

        Assert.Equal("", run.Error);
        Assert.Equal("5", (string)JsonNode.Parse(run.Output)!["info"]!["sizeBytes"]!);
        Assert.Equal("hello", (await CliRun.Of("get", $"{_bucket}/k", "--to", mesh.Region)).Output);
    }

    [Fact]
    public async Task Call_ServerStream_OneLinePerAnswer()
    {
        await CliRun.Of("mb", _bucket, "--to", mesh.Region);
        await CliRun.With([], "hello"u8.ToArray(), "put", "-", $"{_bucket}/k", "--to", mesh.Region);

        var run = await CliRun.Of("call", mesh.Edge, $"/{Store}/ReadObject", "-d", $$"""{"bucket": "{{_bucket}}", "key": "k"}""");

        var lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal("k", (string)JsonNode.Parse(lines[0])!["info"]!["key"]!);
        Assert.Equal("aGVsbG8=", (string)JsonNode.Parse(lines[1])!["chunk"]!);
    }

    [Fact]
    public async Task Call_BothStreams_AnswersBeforeTheInputEnds()
    {
        var input = new Pipe();
        var output = new Pipe();
        using var interruption = new Interruption();
        var terminal = Terminal.Redirected(input.Reader.AsStream(), output.Writer.AsStream(), TextWriter.Null, new Dictionary<string, string>());
        using var answers = new StreamReader(output.Reader.AsStream());
        var run = Application.RunAsync(["call", mesh.Edge, Reflection, "-d", "-"], terminal, interruption);

        // Each answer is read before the next request is written.
        foreach (var symbol in new[] { Store, "grpc.health.v1.Health" })
        {
            await input.Writer.WriteAsync(Encoding.UTF8.GetBytes($$"""{"fileContainingSymbol": "{{symbol}}"}""" + "\n"));
            var answer = await answers.ReadLineAsync().WaitAsync(TestDeadline.Default);
            Assert.Equal(symbol, (string)JsonNode.Parse(answer!)!["originalRequest"]!["fileContainingSymbol"]!);
        }

        await input.Writer.CompleteAsync();
        Assert.Equal(ExitCodes.Success, await run.WaitAsync(TestDeadline.Default));
    }

    [Fact]
    public async Task Call_Verbose_ShowsHowTheAnswerCame()
    {
        await CliRun.Of("mb", _bucket, "--to", mesh.Region);
        await CliRun.With([], "hello"u8.ToArray(), "put", "-", $"{_bucket}/k", "--to", mesh.Region, "--cache-control", "public, max-age=60");
        string[] call = ["call", mesh.Edge, $"{Store}/GetObject", "-d", $$"""{"bucket": "{{_bucket}}", "key": "k"}""", "-v"];

        var first = await CliRun.Of(call);
        var second = await CliRun.Of(call);

        Assert.Contains("  cache-status: LHR50-1; fwd=miss", first.Error);
        Assert.Contains("  cache-status: LHR50-1; hit", second.Error);
        Assert.StartsWith("response metadata:\n", second.Error.ReplaceLineEndings("\n"));
        Assert.Contains("trailers:\n", second.Error.ReplaceLineEndings("\n"));
        Assert.Matches("status OK in [0-9.]+ ms\n$", second.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Call_Header_ReachesTheServer()
    {
        // A condition that the edge must relay: the credential keeps the answer out of the shared cache.
        await CliRun.Of("mb", _bucket, "--to", mesh.Region);
        await CliRun.With([], "hello"u8.ToArray(), "put", "-", $"{_bucket}/k", "--to", mesh.Region, "--cache-control", "max-age=60");
        string[] call = ["call", mesh.Edge, $"{Store}/GetObject", "-d", $$"""{"bucket": "{{_bucket}}", "key": "k"}""", "-v", "-H", "Authorization: Bearer me"];

        await CliRun.Of(call);
        var mine = await CliRun.Of(call);
        var other = await CliRun.Of([.. call[..^1], "authorization: Bearer you"]);

        Assert.Contains("; hit", mine.Error);
        Assert.DoesNotContain("; hit", other.Error);
    }

    [Theory]
    [InlineData("a header: x")]
    [InlineData("trace-bin: ***")]
    public async Task Call_BadHeader_Refused(string header)
    {
        var run = await CliRun.Of("call", mesh.Region, "grpc.health.v1.Health/Check", "-H", header);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.StartsWith("edgemesh: --header '", run.Error);
        Assert.DoesNotContain("(Parameter", run.Error);
    }

    [Fact]
    public async Task Call_Failure_IsOneLineWithItsStatus()
    {
        var run = await CliRun.Of("call", mesh.Edge, $"{Store}/HeadObject", "-d", """{"bucket": "absent-bucket", "key": "k"}""");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.StartsWith($"edgemesh: {mesh.Edge.TrimEnd('/')} answered NOT_FOUND: ", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Call_FailureInJson_CarriesStatusAndTrailers()
    {
        var run = await CliRun.Of("call", mesh.Edge, $"{Store}/HeadObject", "--json", "-d", """{"bucket": "absent-bucket", "key": "k"}""");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal("", run.Error);
        var call = JsonNode.Parse(run.Output)!;
        Assert.Equal("NOT_FOUND", (string)call["status"]!);
        Assert.Equal($"{Store}/HeadObject", (string)call["method"]!);
        Assert.Empty(call["messages"]!.AsArray());
        Assert.Contains(call["trailers"]!.AsArray().Concat(call["headers"]!.AsArray()), field => (string)field!["name"]! == "x-edgemesh-node");
    }

    [Theory]
    [InlineData(true, "LHR50-1")]
    [InlineData(false, "eu-west-2")]
    public async Task Call_AnsweredByTheNodeItself_SaysWhichNode(bool isEdge, string name)
    {
        var run = await CliRun.Of("call", isEdge ? mesh.Edge : mesh.Region, "grpc.health.v1.Health/Check", "--json");

        var headers = JsonNode.Parse(run.Output)!["headers"]!.AsArray();
        Assert.Equal([name], headers.Where(field => (string)field!["name"]! == "x-edgemesh-node").Select(field => (string)field!["value"]!));
    }

    [Fact]
    public async Task Call_Deadline_EndsAStream()
    {
        var run = await CliRun.Of("call", mesh.Region, "grpc.health.v1.Health/Watch", "--deadline", "300ms");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal("""{"status":"SERVING"}""", run.Output.TrimEnd());
        Assert.Equal($"edgemesh: no answer from {mesh.Region.TrimEnd('/')} before the deadline.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Call_Interrupted_ExitsWith130()
    {
        var output = new Pipe();
        using var interruption = new Interruption();
        var error = new StringWriter();
        var terminal = Terminal.Redirected(Stream.Null, output.Writer.AsStream(), error, new Dictionary<string, string>());
        using var answers = new StreamReader(output.Reader.AsStream());
        var run = Application.RunAsync(["call", mesh.Region, "grpc.health.v1.Health/Watch"], terminal, interruption);
        Assert.Equal("""{"status":"SERVING"}""", await answers.ReadLineAsync().WaitAsync(TestDeadline.Default));

        interruption.Request();

        Assert.Equal(ExitCodes.Interrupted, await run.WaitAsync(TestDeadline.Default));
        Assert.Equal("", error.ToString());
    }

    [Theory]
    [InlineData("has no such field", """{"bukket": "b"}""")]
    [InlineData("not JSON", """{"bucket": """)]
    [InlineData("takes one request, got more", "{} {}")]
    public async Task Call_RequestThatDoesNotFit_Refused(string expected, string message)
    {
        var run = await CliRun.Of("call", mesh.Region, $"{Store}/CreateBucket", "-d", message);

        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.StartsWith("edgemesh: --message", run.Error);
        Assert.Contains(expected, run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("does not describe \"absent.v1.Service\", and", "absent.v1.Service/Method")]
    [InlineData("has no method \"Absent\"; it has CreateBucket", $"{Store}/Absent")]
    [InlineData("expected SERVICE/METHOD", "nothing")]
    [InlineData("want SERVICE/METHOD", null)]
    public async Task Call_UnknownMethod_Explained(string expected, string? method)
    {
        var run = await CliRun.Of(["call", mesh.Region, .. method is null ? Array.Empty<string>() : [method]]);

        Assert.NotEqual(ExitCodes.Success, run.ExitCode);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("(Parameter", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task List_Edge_ShowsServicesAndTypes()
    {
        var table = (await CliRun.Of("call", mesh.Edge, "--list")).Output;
        var json = JsonNode.Parse((await CliRun.Of("call", mesh.Edge, Store, "--list", "--json")).Output)!;

        Assert.Matches($"{Store}/WriteObject +stream of edgemesh.v1.WriteObjectRequest +edgemesh.v1.WriteObjectResponse\n", table.ReplaceLineEndings("\n"));
        var service = Assert.Single(json["services"]!.AsArray());
        Assert.Equal(Store, (string)service!["name"]!);
        var read = service["methods"]!.AsArray().Single(method => (string)method!["name"]! == "ReadObject")!;
        Assert.Equal((false, true), ((bool)read["clientStreaming"]!, (bool)read["serverStreaming"]!));
    }

    [Fact]
    public async Task List_UnreachableServer_OneLine()
    {
        var target = $"127.0.0.1:{FreePort.Take()}";

        var run = await CliRun.Of("call", target, "--list");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.StartsWith($"edgemesh: cannot reach http://{target}: Connection refused.", run.Error);
    }
}
