using EdgeMesh.Admin.Access;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeMesh.Scenarios.Access;

/// <summary>A method of each role, on every listener, with every kind of client certificate; and nodes that have nothing else to show.</summary>
public sealed class CertificateAccessTests(CertificateMesh mesh) : IClassFixture<CertificateMesh>
{
    private const string Join = "/edgemesh.v1.TopologyService/Join";
    private const string ListTokens = "/edgemesh.v1.AdminService/ListTokens";

    private static readonly Dictionary<string, Role> Rights = new()
    {
        ["reader"] = Role.Reader,
        ["edge"] = Role.Edge,
        ["admin"] = Role.Admin,
        ["admin by an intermediate"] = Role.Admin,
    };

    [Fact]
    public async Task Methods_EveryListenerAndCertificate_AreAnsweredByTheRoleItNames()
    {
        var wrong = new List<string>();
        var tried = 0;
        foreach (var (path, least) in new[] { ("/edgemesh.v1.AdminService/GetConfig", Role.Reader), (Join, Role.Edge), (ListTokens, Role.Admin), ("/edgemesh.v1.AdminService/CreateToken", Role.Admin) })
        {
            foreach (var (listener, address) in mesh.Listeners)
            {
                foreach (var certificate in mesh.Certificates.Keys)
                {
                    using var client = new HttpClient(mesh.CreateHandler(certificate));
                    var status = await AccessTableTests.CallAsync(client, address, path, null);
                    tried++;

                    var isRight = listener == "edge data" ? status == StatusCode.PermissionDenied
                        : !Rights.TryGetValue(certificate, out var role) ? status == StatusCode.Unauthenticated
                        : role < least ? status == StatusCode.PermissionDenied
                        : status is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied);
                    if (!isRight)
                    {
                        wrong.Add($"{path} on {listener} with {certificate}: {status}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(4 * 4 * 12, tried);
    }

    [Theory]
    [MemberData(nameof(AccessTableTests.OddPaths), MemberType = typeof(AccessTableTests))]
    public async Task OddPath_ThroughAnEdgeThatShowsItsCertificate_IsNeverAnswered(string path)
    {
        using var client = new HttpClient(mesh.CreateHandler("none"));

        var status = await AccessTableTests.CallAsync(client, mesh.Listeners["edge data"], path.Replace("ListTokens", "GetConfig", StringComparison.OrdinalIgnoreCase), null);

        Assert.Contains(status, (StatusCode?[])[StatusCode.PermissionDenied, StatusCode.Unimplemented]);
    }

    [Fact]
    public async Task Edge_WithItsCertificateAlone_IsInTheMeshAndRelays()
    {
        using var reader = GrpcChannel.ForAddress(mesh.Listeners["region data"], new GrpcChannelOptions { HttpHandler = mesh.CreateHandler("reader"), DisposeHttpClient = true });
        var nodes = await new TopologyService.TopologyServiceClient(reader).ListNodesAsync(new ListNodesRequest());
        using var caller = GrpcChannel.ForAddress(mesh.Listeners["edge data"], new GrpcChannelOptions { HttpHandler = mesh.CreateHandler("none"), DisposeHttpClient = true });
        var buckets = await new ObjectStoreService.ObjectStoreServiceClient(caller).ListBucketsAsync(new ListBucketsRequest());

        Assert.Contains(nodes.Nodes, node => node.Name == "LHR50-1");
        Assert.Empty(buckets.Buckets);
    }

    [Fact]
    public async Task Matrix_OfAMeshOverTls_IsMeasuredBothWays()
    {
        using var channel = GrpcChannel.ForAddress(mesh.Listeners["region data"], new GrpcChannelOptions { HttpHandler = mesh.CreateHandler("reader"), DisposeHttpClient = true });
        using var limit = new CancellationTokenSource(TestDeadline.Default);
        using var watch = new LatencyService.LatencyServiceClient(channel).WatchMatrix(new WatchMatrixRequest { Interval = new() { Seconds = 1 } }, cancellationToken: limit.Token);
        LatencyMatrix matrix;
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(limit.Token));
            matrix = watch.ResponseStream.Current.Matrix;
        }
        while (matrix.Nodes.Count(node => node.Coordinate is not null) < 2);

        Assert.Equal(2, matrix.Pairs.Count);
        Assert.All(matrix.Pairs, pair => Assert.Equal((EstimateSource.Measured, Reachability.Reachable), (pair.Latency.Source, pair.Latency.Reachability)));
    }

    [Fact]
    public async Task Join_UnderANameThatIsNotTheCertificates_IsDenied()
    {
        using var channel = GrpcChannel.ForAddress(mesh.Listeners["region data"], new GrpcChannelOptions { HttpHandler = mesh.CreateHandler("edge"), DisposeHttpClient = true });
        using var call = new TopologyService.TopologyServiceClient(channel).Join();
        await call.RequestStream.WriteAsync(new JoinRequest { Hello = new JoinRequest.Types.Hello { Name = "CDG50-2", Kind = NodeKind.EdgeLocation, Address = "https://127.0.0.1:1", Version = "1" } });

        var fault = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.PermissionDenied, fault.StatusCode);
        Assert.Contains("CDG50-1", fault.Status.Detail, StringComparison.Ordinal);
    }
}
