using Grpc.Core;
using Grpc.Reflection.V1;

namespace EdgeMesh.Introspection;

/// <summary>One stream of questions to a server's reflection: v1, or v1alpha where that is all it has. One question at a time.</summary>
/// <remarks>Both versions have the same messages on the wire under another service name, so v1's types serve for both.</remarks>
internal sealed class ReflectionConnection(CallInvoker invoker, CancellationToken cancellation) : IDisposable
{
    private static readonly Marshaller<ServerReflectionRequest> Requests =
        Marshallers.Create(message => Google.Protobuf.MessageExtensions.ToByteArray(message), ServerReflectionRequest.Parser.ParseFrom);

    private static readonly Marshaller<ServerReflectionResponse> Responses =
        Marshallers.Create(message => Google.Protobuf.MessageExtensions.ToByteArray(message), ServerReflectionResponse.Parser.ParseFrom);

    private static readonly Method<ServerReflectionRequest, ServerReflectionResponse> V1 = MethodOf("grpc.reflection.v1.ServerReflection");
    private static readonly Method<ServerReflectionRequest, ServerReflectionResponse> V1Alpha = MethodOf("grpc.reflection.v1alpha.ServerReflection");

    private AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse>? _call;

    /// <summary>Asks one question.</summary>
    /// <returns>The answer, which may be an error response.</returns>
    /// <exception cref="RpcException">The stream ended; UNIMPLEMENTED: the server has neither version.</exception>
    public async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest question)
    {
        if (_call is not null)
        {
            return await AskAsync(_call, question).ConfigureAwait(false);
        }

        try
        {
            _call = Open(V1);
            return await AskAsync(_call, question).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unimplemented)
        {
            _call?.Dispose();
            _call = Open(V1Alpha);
            return await AskAsync(_call, question).ConfigureAwait(false);
        }
    }

    /// <summary>Full names of all services.</summary>
    public async Task<IReadOnlyList<string>> ListServicesAsync()
    {
        var answer = await AskAsync(new ServerReflectionRequest { ListServices = "*" }).ConfigureAwait(false);
        return answer.ErrorResponse is { } error
            ? throw new ReflectionAnswerException(error)
            : [.. answer.ListServicesResponse?.Service.Select(service => service.Name) ?? []];
    }

    /// <summary>Asks for a file, and by name for all that it imports where the server did not send them.</summary>
    /// <param name="question">By name, symbol or extension.</param>
    /// <param name="present">Files by name that need not be asked for.</param>
    /// <param name="limits">How much is taken.</param>
    /// <returns>The file asked for first, then its imports; empty when the server has no such file.</returns>
    /// <exception cref="ReflectionAnswerException">The server answers with an error other than NOT_FOUND; the stream goes on.</exception>
    /// <exception cref="DescriptorException">What came is no descriptor, or too much.</exception>
    public async Task<IReadOnlyList<DescriptorFile>> FetchAsync(ServerReflectionRequest question, Func<string, DescriptorFile?> present, DescriptorLimits limits)
    {
        var answer = await AskForFilesAsync(question).ConfigureAwait(false);
        if (answer.Count == 0)
        {
            return [];
        }

        var byName = answer.DistinctBy(file => file.Name).ToDictionary(file => file.Name, StringComparer.Ordinal);
        var first = answer.FirstOrDefault(file => Answers(file, question)) ?? answer[0];
        var found = new List<DescriptorFile> { first };
        var seen = new HashSet<string>(StringComparer.Ordinal) { first.Name };
        long bytes = 0;
        for (var i = 0; i < found.Count; i++)
        {
            bytes += found[i].Bytes.Length;
            if (found.Count > limits.MaxFiles || bytes > limits.MaxBytes)
            {
                throw new DescriptorException($"{first.Name}: it and its imports are more than the limit of {limits.MaxFiles} files or {limits.MaxBytes} bytes");
            }

            foreach (var name in found[i].Imports.Where(seen.Add))
            {
                if (!byName.TryGetValue(name, out var import) && (import = present(name)) is null)
                {
                    foreach (var file in await AskForFilesAsync(new ServerReflectionRequest { FileByFilename = name }).ConfigureAwait(false))
                    {
                        byName.TryAdd(file.Name, file);
                    }

                    byName.TryGetValue(name, out import);
                }

                if (import is not null)
                {
                    found.Add(import);
                }
            }
        }

        return found;
    }

    public void Dispose() => _call?.Dispose();

    private static async Task<ServerReflectionResponse> AskAsync(
        AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call,
        ServerReflectionRequest question)
    {
        try
        {
            await call.RequestStream.WriteAsync(question).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The server ended the stream: reading says why.
        }

        return await call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false)
            ? call.ResponseStream.Current
            : throw new RpcException(new Status(StatusCode.Unavailable, "the reflection stream ended without an answer"));
    }

    // Most servers put the file asked for first, but none promises it.
    private static bool Answers(DescriptorFile file, ServerReflectionRequest question) => question.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => file.Name == question.FileByFilename,
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol => DescriptorSymbols.Of(file.Proto).Contains(question.FileContainingSymbol),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension => DescriptorSymbols.ExtensionsOf(file.Proto)
            .Contains((question.FileContainingExtension.ContainingType, question.FileContainingExtension.ExtensionNumber)),
        _ => false,
    };

    private static Method<ServerReflectionRequest, ServerReflectionResponse> MethodOf(string service) =>
        new(MethodType.DuplexStreaming, service, "ServerReflectionInfo", Requests, Responses);

    private AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> Open(Method<ServerReflectionRequest, ServerReflectionResponse> method) =>
        invoker.AsyncDuplexStreamingCall(method, host: null, new CallOptions(cancellationToken: cancellation));

    private async Task<IReadOnlyList<DescriptorFile>> AskForFilesAsync(ServerReflectionRequest question)
    {
        var answer = await AskAsync(question).ConfigureAwait(false);
        return answer.ErrorResponse switch
        {
            null => [.. answer.FileDescriptorResponse?.FileDescriptorProto.Select(DescriptorFile.Parse) ?? []],
            { ErrorCode: (int)StatusCode.NotFound } => [],
            var error => throw new ReflectionAnswerException(error),
        };
    }
}

/// <summary>An error that a server's reflection answered with: about that question only, unlike other failures of the stream.</summary>
internal sealed class ReflectionAnswerException(ErrorResponse error) : RpcException(new Status((StatusCode)error.ErrorCode, error.ErrorMessage));
