using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Interop;

/// <summary>Clients of other implementations, and ours, run the interop cases against our server, directly, through an edge, a zone and a sidecar.</summary>
public sealed class OurServerTests(OurServerFixture fixture) : IClassFixture<OurServerFixture>
{
    public static TheoryData<InteropRoute, string> Cases
    {
        get
        {
            var cases = new TheoryData<InteropRoute, string>();
            foreach (var route in Enum.GetValues<InteropRoute>())
            {
                foreach (var testCase in InteropCases.All)
                {
                    cases.Add(route, testCase);
                }
            }

            return cases;
        }
    }

    [ForeignTheory("grpc-js")]
    [MemberData(nameof(Cases))]
    public async Task OurServer_GrpcJsClient_PassesCase(InteropRoute route, string testCase) =>
        Assert.Equal("passed", await fixture.VerdictAsync(InteropProgram.GrpcJs, route, testCase));

    [ForeignTheory("python3-grpcio")]
    [MemberData(nameof(Cases))]
    public async Task OurServer_PythonClient_PassesCase(InteropRoute route, string testCase) =>
        Assert.Equal("passed", await fixture.VerdictAsync(InteropProgram.Python, route, testCase));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task OurServer_OurClient_PassesCase(InteropRoute route, string testCase) =>
        Assert.Equal("passed", await fixture.VerdictAsync(InteropProgram.Ours, route, testCase));
}
