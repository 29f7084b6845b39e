using EdgeMesh.Scenarios.Telemetry;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Published;

/// <summary>What trimming could take away: each way in which the program looks its own types up, run from the published executable.</summary>
public sealed class PublishedProgramTests(PublishedProgram program) : IClassFixture<PublishedProgram>
{
    private const long MaxBytes = 120_000_000;

    [Fact]
    public void Folder_HoldsOneExecutableAndSqlite_Under120Megabytes()
    {
        var files = new DirectoryInfo(program.Folder).GetFiles("*", SearchOption.AllDirectories);

        Assert.Equal(["edgemesh", "libe_sqlite3.so"], files.Select(file => file.Name).Order(StringComparer.Ordinal));
        Assert.InRange(files.Sum(file => file.Length), 1, MaxBytes);
    }

    [Fact]
    public async Task Up_Check_Passes() => Assert.Contains("check passed", await program.RunAsync("up", "--check", "--port", "0"), StringComparison.Ordinal);

    [Fact]
    public async Task Region_OverTls_StoresListsReflectsAndSpeaksJson()
    {
        using var directory = new TempDirectory();
        using var certificate = new TestCertificate();
        var (certificatePath, keyPath) = certificate.WritePem(directory);
        await using var region = program.Start(
            "region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", Path.Combine(directory.Path, "data"), "--tls-cert", certificatePath, "--tls-key", keyPath);
        var ready = await region.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal));
        string[] to = ["--to", ready.Split(' ')[2], "--ca", certificatePath];
        var file = Path.Combine(directory.Path, "hello.txt");
        await File.WriteAllTextAsync(file, "hello");

        // SQLite, and bodies on disk.
        await program.RunAsync(["mb", "demo", .. to]);
        await program.RunAsync(["put", file, "demo/hello.txt", .. to]);
        Assert.Contains("hello.txt", await program.RunAsync(["ls", "demo", .. to]), StringComparison.Ordinal);

        // Reflection, and messages known only by descriptor, to ProtoJSON and back.
        Assert.Contains("edgemesh.v1.ObjectStoreService/HeadObject", await program.RunAsync(["call", ready.Split(' ')[2], "--list", "--ca", certificatePath]), StringComparison.Ordinal);
        Assert.Contains(
            "\"key\":\"hello.txt\"",
            await program.RunAsync(["call", ready.Split(' ')[2], "edgemesh.v1.ObjectStoreService/HeadObject", "-d", """{"bucket":"demo","key":"hello.txt"}""", "--ca", certificatePath]),
            StringComparison.Ordinal);

        // Contracts of --json, and details of errors.
        Assert.Contains("\"hello.txt\"", await program.RunAsync(["stat", "demo/hello.txt", "--json", .. to]), StringComparison.Ordinal);
        await using var missing = program.Start(["get", "demo/none", "-", .. to]);
        Assert.Equal(1, await missing.WaitForExitAsync());
        Assert.Contains(missing.Errors, line => line.StartsWith("edgemesh: ", StringComparison.Ordinal) && line.Contains("demo/none", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mesh_WithCertificatesOfItsOwnAuthority_JoinsReloadsAndExportsOverBothProtocols()
    {
        using var directory = new TempDirectory();
        await using var collector = await OtlpCollector.StartAsync();
        var folder = directory.File("certs");
        string Pem(string name) => Path.Combine(folder, name + ".pem");
        foreach (var (role, name) in (IEnumerable<(string, string)>)[("region", "eu-west-2"), ("edge", "LHR50-1"), ("admin", "ops")])
        {
            await program.RunAsync("cert", "create", "--role", role, "--name", name, "--ca-dir", folder);
        }

        await using var region = program.Start(
            collector.Variables("http/protobuf"),
            "region", "--name", "eu-west-2", "--listen", "127.0.0.1:0", "--data", directory.File("data"), "--tls-cert", Pem("eu-west-2"), "--tls-key", Pem("eu-west-2-key"), "--client-ca", Pem("ca"));
        var address = (await region.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal))).Split(' ')[2];
        await using var edge = program.Start(
            collector.Variables("grpc"),
            "edge", "--name", "LHR50-1", "--listen", "127.0.0.1:0", "--region", address, "--region-ca", Pem("ca"), "--tls-cert", Pem("LHR50-1"), "--tls-key", Pem("LHR50-1-key"));
        await edge.WaitForLineAsync("Joined Region");
        string[] asked = ["--to", address, "--ca", Pem("ca"), "--tls-cert", Pem("ops"), "--tls-key", Pem("ops-key")];

        Assert.Contains("LHR50-1", await program.RunAsync(["nodes", .. asked]), StringComparison.Ordinal);
        Assert.StartsWith("unchanged ", await program.RunAsync(["reload", .. asked]), StringComparison.Ordinal);
        Assert.Contains("\"region.client-ca\"", await program.RunAsync(["config", "show", "--json", .. asked]), StringComparison.Ordinal);
        await OtlpCollector.WaitAsync(
            () => collector.Metrics.ContainsKey(("eu-west-2", "edgemesh.region.nodes")) && collector.Metrics.ContainsKey(("LHR50-1", "edgemesh.region_link.joined")),
            () => $"metrics: {string.Join(", ", collector.Metrics.Keys)}\n{string.Join('\n', edge.Transcript)}");
    }
}
