using EdgeMesh.GrpcStack.Server;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.GrpcStack.Tests.Server;

public sealed class ServiceActivationTests
{
    [Fact]
    public async Task Service_NotRegistered_IsMadeAndDisposedPerCall()
    {
        var journal = new Journal();
        await using var app = await StartAsync<JournalledService>(services => services.AddSingleton(journal));

        await app.CallAsync();
        await app.CallAsync();

        Assert.Equal(["made 1", "called 1", "disposed 1", "made 2", "called 2", "disposed 2"], journal.Lines);
    }

    [Fact]
    public async Task Service_Singleton_IsUsedAsItIs()
    {
        var journal = new Journal();
        await using var app = await StartAsync<JournalledService>(services => services.AddSingleton(journal).AddSingleton<JournalledService>());

        await app.CallAsync();
        await app.CallAsync();

        Assert.Equal(["made 1", "called 1", "called 1"], journal.Lines);
    }

    [Fact]
    public async Task Service_Scoped_LivesAsLongAsTheCall()
    {
        var journal = new Journal();
        await using var app = await StartAsync<JournalledService>(services => services.AddSingleton(journal).AddScoped<JournalledService>());

        await app.CallAsync();
        await app.CallAsync();

        Assert.Equal(2, journal.Lines.Count(line => line.StartsWith("made", StringComparison.Ordinal)));
        Assert.Contains("called 2", journal.Lines);
    }

    [Fact]
    public async Task Service_AsyncDisposable_IsAwaited()
    {
        var journal = new Journal();
        await using var app = await StartAsync<AsyncJournalledService>(services => services.AddSingleton(journal));

        await app.CallAsync();

        Assert.Equal(["called", "disposed"], journal.Lines);
    }

    [Fact]
    public async Task MapGrpcService_WithoutAddGrpc_SaysWhatIsMissing()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();

        var fault = Assert.Throws<InvalidOperationException>(() => app.MapGrpcService<ScriptedService>());

        Assert.Contains("AddGrpc", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapGrpcService_NotAService_SaysWhatIsMissing()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();

        var fault = Assert.Throws<InvalidOperationException>(() => app.MapGrpcService<Journal>());

        Assert.Contains(nameof(BindServiceMethodAttribute), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapGrpcService_Endpoints_CarryMethodAndConventions()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();

        app.MapGrpcService<ScriptedService>().WithMetadata("mine");

        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Where(e => e.Metadata.GetMetadata<GrpcMethodMetadata>() is not null).ToList();
        Assert.Equal(["ClientStreaming", "Duplex", "ServerStreaming", "Unary"], endpoints.Select(e => e.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.Name).Order());
        Assert.All(endpoints, e => Assert.Equal(typeof(ScriptedService), e.Metadata.GetMetadata<GrpcMethodMetadata>()!.ServiceType));
        Assert.All(endpoints, e => Assert.Equal("mine", e.Metadata.GetMetadata<string>()));
    }

    private static async Task<ServedApp> StartAsync<TService>(Action<IServiceCollection> configure)
        where TService : class
    {
        var host = await ScriptedHost.StartAsync(new ServiceScript(), build: builder => configure(builder.Services), map: app => app.MapGroup("/own").MapGrpcService<TService>());
        return new ServedApp(host);
    }

    private sealed class ServedApp(ScriptedHost host) : IAsyncDisposable
    {
        public async Task CallAsync()
        {
            var request = ScriptedHost.Request("Unary", new ByteArrayContent(Frames.Of(1)));
            request.RequestUri = new Uri(host.Address, $"/own/{TestServiceMethods.ServiceName}/Unary");
            using var response = await host.Client.SendAsync(request);
            Assert.Equal(StatusCode.OK, (await RawAnswer.ReadAsync(response)).Status);
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }

    private sealed class Journal
    {
        private readonly List<string> _lines = [];
        private int _made;

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public int NextId() => Interlocked.Increment(ref _made);

        public void Add(string line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }
        }
    }

    private sealed class JournalledService : TestServiceBase, IDisposable
    {
        private readonly Journal _journal;
        private readonly int _id;

        public JournalledService(Journal journal)
        {
            _journal = journal;
            _id = journal.NextId();
            journal.Add($"made {_id}");
        }

        public override Task<BytesValue> Unary(BytesValue request, ServerCallContext context)
        {
            _journal.Add($"called {_id}");
            return Task.FromResult(request);
        }

        public void Dispose() => _journal.Add($"disposed {_id}");
    }

    private sealed class AsyncJournalledService(Journal journal) : TestServiceBase, IAsyncDisposable
    {
        public override Task<BytesValue> Unary(BytesValue request, ServerCallContext context)
        {
            journal.Add("called");
            return Task.FromResult(request);
        }

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            journal.Add("disposed");
        }
    }
}
