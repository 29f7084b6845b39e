using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using EdgeMesh.Admin.Access;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace EdgeMesh.Scenarios.Access;

/// <summary>Every control method and HTTP path, on every listener, with every kind of credential.</summary>
public sealed class AccessTableTests(GuardedMesh mesh) : IClassFixture<GuardedMesh>
{
    private static readonly ServiceDescriptor[] Control = [.. Services().Where(service => AccessRules.IsControl($"/{service.FullName}/"))];
    private static readonly MethodDescriptor[] ControlMethods = [.. Control.SelectMany(service => service.Methods).Where(method => AccessRules.IsControl(PathOf(method)))];

    // No node has it: SidecarNodeTests ask for it.
    private const string SidecarService = "edgemesh.v1.RouteService";

    // Every endpoint of an admin listener has its line in the table, or the node does not start.
    private static readonly IReadOnlyList<string> HttpPaths = [.. AccessRules.Paths.Where(path => path.LastIndexOf('/') == 0)];

    [Fact]
    public void Services_OfThePackage_AreControlOrRelayedAndEveryControlMethodHasItsLine()
    {
        Assert.Equal(["edgemesh.v1.ObjectStoreService"], Services().Except(Control).Select(service => service.FullName));
        Assert.All(ControlMethods, method => Assert.True(AccessRules.TryFind(PathOf(method), out var least) && least is not null, method.FullName));
        Assert.Equal(["Probe", "ProbeStream", "Rank", "ReportLatency", "WatchMesh"], Control.SelectMany(service => service.Methods).Except(ControlMethods).Select(method => method.Name));
    }

    [Fact]
    public async Task ControlMethods_EveryListenerAndCredential_AreAnsweredByTheTable()
    {
        var wrong = new List<string>();
        var tried = 0;
        foreach (var path in ControlMethods.Where(method => method.Service.FullName != SidecarService).Select(PathOf))
        {
            foreach (var (listener, address) in mesh.Listeners)
            {
                foreach (var (credential, authorization) in mesh.Credentials)
                {
                    tried++;
                    if (credential == "admin" && path.EndsWith("/Drain", StringComparison.Ordinal))
                    {
                        // It would be done: tests of draining call it.
                        continue;
                    }

                    var status = await CallAsync(address, path, authorization);
                    if (!IsRight(listener, path, credential, status))
                    {
                        wrong.Add($"{path} on {listener} with {credential}: {status}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(ControlMethods.Count(method => method.Service.FullName != SidecarService) * mesh.Listeners.Count * mesh.Credentials.Count, tried);
    }

    [Fact]
    public async Task HttpPaths_EveryListenerAndCredential_AreAnsweredByTheTable()
    {
        var wrong = new List<string>();
        var tried = 0;
        using var client = new HttpClient();
        foreach (var path in HttpPaths)
        {
            AccessRules.TryFind(path, out var least);
            foreach (var listener in mesh.Listeners.Keys.Where(name => name.EndsWith("admin", StringComparison.Ordinal)))
            {
                foreach (var (credential, authorization) in mesh.Credentials)
                {
                    // GET and POST to every path: who has no right is not told which of them it takes.
                    foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
                    {
                        tried++;
                        if (credential == "admin" && path == "/drain" && method == HttpMethod.Post)
                        {
                            // It would be done: tests of draining call it.
                            continue;
                        }

                        using var request = new HttpRequestMessage(method, new Uri(mesh.Listeners[listener], path));
                        Assert.True(authorization is null || request.Headers.TryAddWithoutValidation("authorization", authorization));
                        using var response = await client.SendAsync(request);
                        if (!IsRight(least, credential, response.StatusCode))
                        {
                            wrong.Add($"{method} {path} on {listener} with {credential}: {response.StatusCode}");
                        }
                    }
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(HttpPaths.Count * 2 * 3 * mesh.Credentials.Count, tried);
    }

    [Fact]
    public async Task Lines_OfHttpAndAdminService_AreEachServedByTheRegion()
    {
        using var client = new HttpClient();
        foreach (var path in HttpPaths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(mesh.Listeners["region admin"], path));
            request.Headers.TryAddWithoutValidation("authorization", mesh.Credentials["admin"]);
            using var response = await client.SendAsync(request);

            // Whatever is there takes GET or POST, and says so.
            Assert.True(response.StatusCode == HttpStatusCode.MethodNotAllowed, $"{path}: {response.StatusCode}");
        }

        foreach (var path in AccessRules.Paths.Where(path => path.Contains("AdminService", StringComparison.Ordinal) && !path.EndsWith("/Drain", StringComparison.Ordinal)))
        {
            Assert.NotEqual(StatusCode.Unimplemented, await CallAsync(mesh.Listeners["region admin"], path, mesh.Credentials["admin"]));
        }
    }

    public static TheoryData<string> OddPaths => new(
        "/EDGEMESH.V1.AdminService/ListTokens",
        "/edgemesh.v1.adminservice/listtokens",
        "//edgemesh.v1.AdminService/ListTokens",
        "/edgemesh.v1.AdminService//ListTokens",
        "/edgemesh.v1.AdminService/ListTokens/",
        "/edgemesh.v1.AdminService/listTokens",
        "/edgemesh.v1.%41dminService/ListTokens",
        "/edgemesh%2ev1.AdminService/ListTokens",
        "/x/../edgemesh.v1.AdminService/ListTokens",
        "/edgemesh.v1.AdminService/ListTokens?x=1",
        "/edgemesh.v1.TopologyService/ListNodes/",
        "/edgemesh.v1.LatencyService/getmatrix",
        "/edgemesh.v1.LatencyService/probe",
        "/edgemesh.v1.NoSuchService/Any");

    [Theory]
    [MemberData(nameof(OddPaths))]
    public async Task OddPath_ThroughAnotherNodeWithTheBestCredential_IsNeverAnswered(string path)
    {
        var best = mesh.Credentials["admin"];
        var throughEdge = await CallAsync(mesh.Listeners["edge data"], path, best, ("x-forwarded-for", "127.0.0.1"), ("edgemesh-role", "admin"), ("x-forwarded-client-cert", "By=a;URI=edgemesh://admin/a"));
        var throughZone = await CallAsync(mesh.Listeners["zone data"], path, best, ("x-forwarded-for", "127.0.0.1"), ("edgemesh-role", "admin"), ("x-forwarded-client-cert", "By=a;URI=edgemesh://admin/a"));
        var atRegion = await CallAsync(mesh.Listeners["region data"], path, null, ("x-forwarded-for", "127.0.0.1"), ("edgemesh-role", "admin"));

        Assert.Contains(throughEdge, (StatusCode?[])[StatusCode.PermissionDenied, StatusCode.Unimplemented]);
        Assert.Equal(throughEdge, throughZone);
        Assert.Contains(atRegion, (StatusCode?[])[StatusCode.Unauthenticated, StatusCode.Unimplemented]);
    }

    [Theory]
    [InlineData("region data")]
    [InlineData("edge data")]
    [InlineData("zone data")]
    public async Task HttpPaths_OnDataListener_AreNotThere(string listener)
    {
        foreach (var path in HttpPaths)
        {
            using var client = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(mesh.Listeners[listener], path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            request.Headers.TryAddWithoutValidation("authorization", mesh.Credentials["admin"]);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await client.SendAsync(request)).StatusCode);
        }
    }

    private static IEnumerable<ServiceDescriptor> Services() =>
        typeof(AdminService).Assembly.GetTypes().Concat(typeof(CreateTokenRequest).Assembly.GetTypes())
            .Where(type => type.Namespace == "EdgeMesh.V1" && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => (FileDescriptor)type.GetProperty("Descriptor")!.GetValue(null)!)
            .SelectMany(file => file.Services)
            .DistinctBy(service => service.FullName)
            .OrderBy(service => service.FullName, StringComparer.Ordinal);

    private static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>Null stands for a call that was let in and is still open.</summary>
    private static bool IsRight(string listener, string path, string credential, StatusCode? status)
    {
        if (listener is "edge data" or "zone data")
        {
            return status == StatusCode.PermissionDenied;
        }

        AccessRules.TryFind(path, out var least);
        if (NotServed(listener, path))
        {
            // Not served there: its callers are told so, if they may know anything.
            least = AccessRules.Unknown;
        }

        return !RoleNames.TryRead(credential, out var role) ? status == StatusCode.Unauthenticated
            : role < least ? status == StatusCode.PermissionDenied
            : status is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied);
    }

    /// <summary>The Region has them all; a Local Zone what is control of itself and of its workloads, an edge that of itself.</summary>
    private static bool NotServed(string listener, string path) =>
        listener is "edge admin" or "zone admin"
        && !path.Contains("Admin", StringComparison.Ordinal)
        && !path.Contains("Topology", StringComparison.Ordinal)
        && !(listener == "zone admin" && path.Contains("Workload", StringComparison.Ordinal));

    /// <summary>405 is the answer to the other verb, of whoever may know what there is.</summary>
    private static bool IsRight(Role? least, string credential, HttpStatusCode status) =>
        least is null ? status is HttpStatusCode.OK or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Unauthorized
        : !RoleNames.TryRead(credential, out var role) ? status == HttpStatusCode.Unauthorized
        : role < least ? status is HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed
        : status is HttpStatusCode.OK or HttpStatusCode.MethodNotAllowed;

    private static async Task<StatusCode?> CallAsync(Uri address, string path, string? authorization, params (string Name, string Value)[] more)
    {
        using var client = new HttpClient { Timeout = TestDeadline.Default };
        return await CallAsync(client, address, path, authorization, more);
    }

    /// <summary>Calls with an empty message and reads the status; null: the call is let in, and its answer goes on.</summary>
    internal static async Task<StatusCode?> CallAsync(HttpClient client, Uri address, string path, string? authorization, params (string Name, string Value)[] more)
    {
        // The path as it is written, dots and escapes included.
        var uri = new Uri(address.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(new byte[5]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        Assert.True(authorization is null || request.Headers.TryAddWithoutValidation("authorization", authorization));
        foreach (var (name, value) in more)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            // What clients make of it.
            return StatusCode.Unimplemented;
        }

        if (!response.Headers.TryGetValues("grpc-status", out var values))
        {
            return null;
        }

        return (StatusCode)int.Parse(values.Single(), CultureInfo.InvariantCulture);
    }
}
