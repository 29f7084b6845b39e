using System.Net;
using EdgeMesh.Admin.Access;
using EdgeMesh.Admin.Configuration;
using EdgeMesh.Admin.Drain;
using EdgeMesh.Introspection;
using EdgeMesh.V1;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Admin.Tests.Access;

/// <summary>What an admin listener on loopback, which needs no credential, asks all the same.</summary>
public sealed class LocalAdminTests : IAsyncLifetime
{
    private static readonly string Reader = TokenText.Create();
    private static readonly string Admin = TokenText.Create();

    private readonly TokenTable _tokens = new();
    private readonly HttpClient _client = new();
    private int _drains;
    private AdminServer? _server;

    /// <summary>Each path with the verb that it takes.</summary>
    public static TheoryData<string, string> Paths => new() { { "GET", "/healthz" }, { "GET", "/readyz" }, { "GET", "/config" }, { "POST", "/reload" }, { "POST", "/drain" } };

    public async Task InitializeAsync()
    {
        _tokens.Replace([Digest(Reader, TokenRole.Reader), Digest(Admin, TokenRole.Admin)]);
        var health = new NodeHealth();
        _server = await AdminServer.StartAsync(
            new AdminServerOptions
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Health = health,
                Drain = new NodeDrain(health, _ =>
                {
                    Interlocked.Increment(ref _drains);
                    return Task.CompletedTask;
                }),
                Configuration = NodeConfiguration.Fixed,
                Authenticator = new Authenticator(_tokens, () => null),
                Services = [AdminService.Descriptor],
                Time = TimeProvider.System,
            },
            _ => { },
            services => services.AddSingleton<IAdminEndpoints, AdminControlEndpoints>(),
            CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server!.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Path_NoCredential_IsAnswered(string method, string path) =>
        Assert.True((await AskAsync(method, path)).IsSuccessStatusCode);

    [Theory]
    [InlineData("Bearer emt_jq3w5xk2nb7a")]
    [InlineData("Bearer ")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    [InlineData("")]
    public async Task Path_WrongCredential_IsRefusedThoughNoneIsNeeded(string authorization)
    {
        foreach (var (method, path) in (IEnumerable<(string, string)>)[("GET", "/config"), ("POST", "/reload"), ("POST", "/drain")])
        {
            var answer = await AskAsync(method, path, ("authorization", authorization));
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("POST", "/drain", ("authorization", $"Bearer {TokenText.Create()}"))).StatusCode);
        Assert.Equal(0, _drains);
    }

    [Fact]
    public async Task Path_WeakCredential_IsNotMoreThanItsRole()
    {
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("GET", "/config", ("authorization", $"Bearer {Reader}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync("POST", "/reload", ("authorization", $"Bearer {Reader}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync("POST", "/drain", ("authorization", $"Bearer {Reader}"))).StatusCode);
        Assert.Equal(0, _drains);
        Assert.True((await AskAsync("POST", "/drain", ("authorization", $"Bearer {Admin}"))).IsSuccessStatusCode);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Path_AskedByAWebPage_IsRefusedWhateverItsCredential(string method, string path)
    {
        foreach (var (name, value) in (IEnumerable<(string, string)>)
            [("origin", "https://evil.example"), ("origin", "null"), ("origin", "http://127.0.0.1:6500"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("sec-fetch-site", "")])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(method, path, (name, value))).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(method, path, (name, value), ("authorization", $"Bearer {Admin}"))).StatusCode);

            // The question that a browser asks first.
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync("OPTIONS", path, (name, value), ("access-control-request-method", method))).StatusCode);
        }

        Assert.Equal(0, _drains);
        Assert.True((await AskAsync(method, path, ("sec-fetch-site", "none"))).IsSuccessStatusCode);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example:6500")]
    [InlineData("metadata")]
    public async Task Path_NameAsHost_NeedsACredential(string host)
    {
        foreach (var (method, path) in (IEnumerable<(string, string)>)[("GET", "/config"), ("POST", "/reload"), ("POST", "/drain")])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(method, path, ("host", host))).StatusCode);
        }

        Assert.Equal(0, _drains);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("GET", "/config", ("host", host), ("authorization", $"Bearer {Reader}"))).StatusCode);
        Assert.Equal((HttpStatusCode.OK, "7"), await CallAsync(host));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:6500")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:6500")]
    public async Task Path_AddressOrLocalhostAsHost_IsAnswered(string host)
    {
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("GET", "/config", ("host", host))).StatusCode);
        Assert.Equal((HttpStatusCode.OK, "0"), await CallAsync(host));
    }

    private static TokenDigest Digest(string text, TokenRole role)
    {
        Assert.True(TokenText.TryReadId(text, out var id));
        return new TokenDigest { Id = id, Role = role, Sha256 = ByteString.CopyFrom(TokenText.Digest(text)) };
    }

    private async Task<HttpResponseMessage> AskAsync(string method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_server!.Address, path));
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await _client.SendAsync(request);
    }

    /// <summary>Calls GetConfig by gRPC, with another authority.</summary>
    private async Task<(HttpStatusCode Status, string GrpcStatus)> CallAsync(string authority)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server!.Address, "/edgemesh.v1.AdminService/GetConfig"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
        };
        request.Headers.Host = authority;
        request.Headers.TE.Add(new("trailers"));
        using var response = await _client.SendAsync(request);
        await response.Content.LoadIntoBufferAsync();
        return (response.StatusCode, response.Headers.Concat(response.TrailingHeaders).Single(header => header.Key == "grpc-status").Value.Single());
    }
}
