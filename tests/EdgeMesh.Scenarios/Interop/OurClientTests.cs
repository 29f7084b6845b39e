using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>Our client runs the interop cases against servers of other implementations.</summary>
public sealed class OurClientTests(OurClientTests.Fixture fixture) : IClassFixture<OurClientTests.Fixture>
{
    public static TheoryData<string> GrpcJsCases => CasesOf(InteropProgram.GrpcJs);

    public static TheoryData<string> PythonCases => CasesOf(InteropProgram.Python);

    [ForeignTheory("grpc-js")]
    [MemberData(nameof(GrpcJsCases))]
    public async Task OurClient_GrpcJsServer_PassesCase(string testCase) => Assert.Equal("passed", (await fixture.GrpcJs)[testCase]);

    [ForeignTheory("python3-grpcio")]
    [MemberData(nameof(PythonCases))]
    public async Task OurClient_PythonServer_PassesCase(string testCase) => Assert.Equal("passed", (await fixture.Python)[testCase]);

    [Fact]
    public void Cases_ThatOneServerLacks_AnotherServes()
    {
        InteropProgram[] servers = [InteropProgram.GrpcJs, InteropProgram.Python];

        Assert.DoesNotContain(InteropCases.All, testCase => servers.All(server => InteropCases.NotServedBy[server].ContainsKey(testCase)));
    }

    private static TheoryData<string> CasesOf(InteropProgram server) => [.. InteropCases.All.Except(InteropCases.NotServedBy[server].Keys)];

    /// <summary>One run per server, when its first case is asked for.</summary>
    public sealed class Fixture
    {
        private readonly Lazy<Task<IReadOnlyDictionary<string, string>>> _grpcJs = new(() => RunAsync(InteropProgram.GrpcJs));
        private readonly Lazy<Task<IReadOnlyDictionary<string, string>>> _python = new(() => RunAsync(InteropProgram.Python));

        public Task<IReadOnlyDictionary<string, string>> GrpcJs => _grpcJs.Value;

        public Task<IReadOnlyDictionary<string, string>> Python => _python.Value;

        private static async Task<IReadOnlyDictionary<string, string>> RunAsync(InteropProgram program)
        {
            var (server, url) = await InteropPrograms.StartServerAsync(program);
            using (server)
            {
                return await InteropRun.AllAsync(InteropProgram.Ours, url);
            }
        }
    }
}
