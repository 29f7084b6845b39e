using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>All cases again over TLS, to a certificate that the client is told to trust.</summary>
public sealed class TlsTests
{
    [Fact]
    public Task OurServerOverTls_OurClient_PassesAllCases() => PassesAllAsync(InteropProgram.Ours, "--use_tls=true", "--use_test_ca=true");

    [ForeignFact("grpc-js")]
    public Task OurServerOverTls_GrpcJsClient_PassesAllCases() => PassesAllAsync(InteropProgram.GrpcJs);

    [ForeignFact("python3-grpcio")]
    public Task OurServerOverTls_PythonClient_PassesAllCases() => PassesAllAsync(InteropProgram.Python);

    [Fact]
    public async Task OurClientOverTls_UnknownCertificate_RefusesIt()
    {
        var (server, url) = await InteropPrograms.StartServerAsync(InteropProgram.Ours, "--use_tls=true");
        using (server)
        {
            await using var client = await InteropPrograms.StartClientAsync(InteropProgram.Ours, url, "empty_unary", "--use_tls=true");

            Assert.Equal(1, await client.WaitForExitAsync());
            Assert.Contains("FAILED: unexpected status Unavailable", Assert.Single(client.Output), StringComparison.Ordinal);
        }
    }

    private static async Task PassesAllAsync(InteropProgram client, params string[] flags)
    {
        using var directory = new TempDirectory();
        using var certificate = new TestCertificate();
        var (certificatePath, keyPath) = certificate.WritePem(directory);
        var (server, url) = await InteropPrograms.StartServerAsync(
            InteropProgram.Ours, "--use_tls=true", $"--tls_cert_file={certificatePath}", $"--tls_key_file={keyPath}");
        using (server)
        {
            var verdicts = await InteropRun.AllAsync(client, url, [.. flags, $"--test_ca_file={certificatePath}"]);

            Assert.All(verdicts, verdict => Assert.Equal((verdict.Key, "passed"), (verdict.Key, verdict.Value)));
        }
    }
}
