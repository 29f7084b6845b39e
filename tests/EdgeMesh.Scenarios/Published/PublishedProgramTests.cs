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
}
