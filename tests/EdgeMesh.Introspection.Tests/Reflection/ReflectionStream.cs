using EdgeMesh.Testing;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace EdgeMesh.Introspection.Tests;

/// <summary>One v1 reflection stream, as a client sees it.</summary>
internal sealed class ReflectionStream(TestNode node) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> _call =
        new ServerReflection.ServerReflectionClient(node.Channel).ServerReflectionInfo();

    public async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest question)
    {
        await _call.RequestStream.WriteAsync(question).WaitAsync(TestDeadline.Default);
        Assert.True(await _call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TestDeadline.Default));
        return _call.ResponseStream.Current;
    }

    public async Task<IReadOnlyList<string>> ListAsync() =>
        [.. (await AskAsync(new ServerReflectionRequest { ListServices = "" })).ListServicesResponse.Service.Select(service => service.Name).Where(name => !name.StartsWith("grpc.", StringComparison.Ordinal))];

    public Task<IReadOnlyList<FileDescriptorProto>> SymbolAsync(string symbol) => FilesAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });

    public Task<IReadOnlyList<FileDescriptorProto>> FileAsync(string name) => FilesAsync(new ServerReflectionRequest { FileByFilename = name });

    public async Task<IReadOnlyList<FileDescriptorProto>> FilesAsync(ServerReflectionRequest question)
    {
        var answer = await AskAsync(question);
        Assert.Null(answer.ErrorResponse);
        return [.. answer.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom)];
    }

    public async Task<(StatusCode Code, string Message)> ErrorAsync(ServerReflectionRequest question)
    {
        var error = (await AskAsync(question)).ErrorResponse;
        Assert.NotNull(error);
        return ((StatusCode)error.ErrorCode, error.ErrorMessage);
    }

    public void Dispose() => _call.Dispose();
}
