using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Alpha = Grpc.Reflection.V1Alpha;

namespace EdgeMesh.Introspection.Tests;

/// <summary>What a server of another make answers, and what it was asked.</summary>
internal sealed class ScriptedOrigin(DescriptorPool pool)
{
    private volatile DescriptorPool _pool = pool;

    /// <summary>Whether it sends what a file imports along with it; some servers leave asking for that to the client.</summary>
    public bool SendsImports { get; init; } = true;

    /// <summary>All questions so far.</summary>
    public ConcurrentQueue<ServerReflectionRequest> Questions { get; } = new();

    /// <summary>What it serves; set when a new version of it is deployed.</summary>
    public DescriptorPool Pool
    {
        set => _pool = value;
    }

    /// <summary>Names that it finds when asked for, and lists nowhere.</summary>
    public DescriptorPool Hidden { get; init; } = new();

    /// <summary>Symbols that it fails at, with INTERNAL.</summary>
    public IReadOnlyList<string> Broken { get; init; } = [];

    /// <summary>Symbols that it answers with bytes that are no descriptor.</summary>
    public IReadOnlyList<string> Malformed { get; init; } = [];

    /// <summary>Starts it with the versions of reflection that it has.</summary>
    public Task<TestNode> StartAsync(bool v1 = true, bool v1Alpha = false, int port = 0) => TestNode.StartAsync(
        services => services.AddSingleton(this),
        app =>
        {
            app.MapGrpcService<CatalogService>();
            if (v1)
            {
                app.MapGrpcService<V1Service>();
            }

            if (v1Alpha)
            {
                app.MapGrpcService<V1AlphaService>();
            }
        },
        port);

    private ServerReflectionResponse Answer(ServerReflectionRequest question)
    {
        Questions.Enqueue(question);
        var pool = _pool;
        if (question.MessageRequestCase == ServerReflectionRequest.MessageRequestOneofCase.ListServices)
        {
            return new ServerReflectionResponse { ListServicesResponse = new ListServiceResponse { Service = { pool.Services.Select(name => new ServiceResponse { Name = name }) } } };
        }

        if (Broken.Contains(question.FileContainingSymbol))
        {
            return new ServerReflectionResponse { ErrorResponse = new ErrorResponse { ErrorCode = (int)StatusCode.Internal, ErrorMessage = "broken" } };
        }

        if (Malformed.Contains(question.FileContainingSymbol))
        {
            return new ServerReflectionResponse { FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { ByteString.CopyFromUtf8("no descriptor") } } };
        }

        var asked = new DescriptorQuestion(question);
        return (asked.FindIn(pool) ?? asked.FindIn(Hidden)) is { } match
            ? new ServerReflectionResponse
            {
                FileDescriptorResponse = new FileDescriptorResponse
                {
                    FileDescriptorProto = { (SendsImports ? match.Pool.WithImports(match.File) : [match.File]).Select(file => file.Bytes) },
                },
            }
            : new ServerReflectionResponse { ErrorResponse = new ErrorResponse { ErrorCode = (int)StatusCode.NotFound, ErrorMessage = "no" } };
    }

    internal sealed class V1Service(ScriptedOrigin origin) : ServerReflection.ServerReflectionBase
    {
        public override async Task ServerReflectionInfo(
            IAsyncStreamReader<ServerReflectionRequest> requestStream,
            IServerStreamWriter<ServerReflectionResponse> responseStream,
            ServerCallContext context)
        {
            await foreach (var question in requestStream.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(origin.Answer(question));
            }
        }
    }

    internal sealed class V1AlphaService(ScriptedOrigin origin) : Alpha.ServerReflection.ServerReflectionBase
    {
        public override async Task ServerReflectionInfo(
            IAsyncStreamReader<Alpha.ServerReflectionRequest> requestStream,
            IServerStreamWriter<Alpha.ServerReflectionResponse> responseStream,
            ServerCallContext context)
        {
            await foreach (var question in requestStream.ReadAllAsync(context.CancellationToken))
            {
                var answer = origin.Answer(ServerReflectionRequest.Parser.ParseFrom(question.ToByteString()));
                await responseStream.WriteAsync(Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString()));
            }
        }
    }
}
