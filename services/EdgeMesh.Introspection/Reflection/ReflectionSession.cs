using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace EdgeMesh.Introspection;

/// <summary>One reflection stream's questions, answered in v1's messages. Used by one caller at a time.</summary>
/// <remarks>
/// Remembers which pool answered last, because a file name, or a type outside every prefix, means whatever it means there; and which files it has sent: like
/// other servers, it sends the file asked for every time and an import once.
/// </remarks>
internal sealed class ReflectionSession(ReflectionIndex index)
{
    // A stream that lives through many refreshes forgets rather than grows.
    private const int MaxSent = 10_000;

    private readonly HashSet<(DescriptorPool Pool, string Name)> _sent = [];
    private IDescriptorSource? _lastSource;
    private DescriptorPool? _lastPool;

    /// <summary>Answers a question; what goes wrong is in the answer.</summary>
    public async Task<ServerReflectionResponse> AnswerAsync(ServerReflectionRequest question, CancellationToken cancellation)
    {
        var response = new ServerReflectionResponse { ValidHost = question.Host, OriginalRequest = question };
        try
        {
            switch (question.MessageRequestCase)
            {
                case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                    response.ListServicesResponse = await ListAsync(cancellation).ConfigureAwait(false);
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                    response.AllExtensionNumbersResponse = await NumbersAsync(question.AllExtensionNumbersOfType, cancellation).ConfigureAwait(false);
                    break;
                case ServerReflectionRequest.MessageRequestOneofCase.None:
                    throw new RpcException(new Status(StatusCode.InvalidArgument, "message_request: nothing is asked"));
                default:
                    response.FileDescriptorResponse = await FileAsync(new DescriptorQuestion(question), cancellation).ConfigureAwait(false);
                    break;
            }
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            response.ErrorResponse = new ErrorResponse { ErrorCode = (int)e.StatusCode, ErrorMessage = e.Status.Detail };
        }

        return response;
    }

    private async Task<ListServiceResponse> ListAsync(CancellationToken cancellation)
    {
        var models = await index.RefreshAsync(cancellation).ConfigureAwait(false);
        var names = models.SelectMany(model => model.Services).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new ListServiceResponse { Service = { names.Select(name => new ServiceResponse { Name = name }) } };
    }

    private async Task<FileDescriptorResponse> FileAsync(DescriptorQuestion question, CancellationToken cancellation)
    {
        var (source, match) = await FindAsync(question, cancellation).ConfigureAwait(false);
        (_lastSource, _lastPool) = (source, match.Pool);
        return new FileDescriptorResponse { FileDescriptorProto = { Unsent(match) } };
    }

    // 1. The owners by prefix, which are asked for what they have not told yet.
    // 2. The pool that answered last.
    // 3. Whoever knows, in the order of the sources; then, when nobody does, whoever knows after a refresh.
    // 4. The source that answered last and the ones that take whatever is nobody else's are asked.
    private async Task<(IDescriptorSource Source, DescriptorMatch Match)> FindAsync(DescriptorQuestion question, CancellationToken cancellation)
    {
        var owners = question.Symbol is { } symbol ? index.OwnersOf(symbol) : [];
        foreach (var owner in owners)
        {
            if (await FindOrAskAsync(owner, question, cancellation).ConfigureAwait(false) is { } match)
            {
                return (owner, match);
            }
        }

        if (_lastSource is { } last && _lastPool is { } pool && question.FindIn(pool) is { } same)
        {
            return (last, same);
        }

        var others = index.Sources.Except(owners).ToList();
        if (FindKnown(others, question) is { } known)
        {
            return known;
        }

        await index.RefreshAsync(cancellation).ConfigureAwait(false);
        if (FindKnown(others, question) is { } refreshed)
        {
            return refreshed;
        }

        foreach (var source in others.Where(source => source == _lastSource || source.ServicePrefix?.Length == 0))
        {
            if (await FindOrAskAsync(source, question, cancellation).ConfigureAwait(false) is { } match)
            {
                return (source, match);
            }
        }

        throw new RpcException(new Status(StatusCode.NotFound, $"{question} is not known here"));
    }

    private static (IDescriptorSource Source, DescriptorMatch Match)? FindKnown(IEnumerable<IDescriptorSource> sources, DescriptorQuestion question)
    {
        foreach (var source in sources)
        {
            if (question.FindIn(source.Known) is { } match)
            {
                return (source, match);
            }
        }

        return null;
    }

    private static async Task<DescriptorMatch?> FindOrAskAsync(IDescriptorSource source, DescriptorQuestion question, CancellationToken cancellation)
    {
        try
        {
            return question.FindIn(await source.GetAsync(cancellation).ConfigureAwait(false))
                ?? await source.AskAsync(question.Request, cancellation).ConfigureAwait(false);
        }
        catch (RpcException) when (question.FindIn(source.Known) is not null)
        {
            // It is away; what it said before stands.
            return question.FindIn(source.Known);
        }
    }

    private async Task<ExtensionNumberResponse> NumbersAsync(string type, CancellationToken cancellation)
    {
        var (source, _) = await FindAsync(DescriptorQuestion.ForSymbol(type), cancellation).ConfigureAwait(false);
        var known = source.Known.ExtensionNumbers(type);
        var told = await source.AskExtensionNumbersAsync(type, cancellation).ConfigureAwait(false);
        return new ExtensionNumberResponse { BaseTypeName = type, ExtensionNumber = { known.Union(told).Order() } };
    }

    private IEnumerable<ByteString> Unsent(DescriptorMatch match)
    {
        if (_sent.Count > MaxSent)
        {
            _sent.Clear();
        }

        _sent.Remove((match.Pool, match.File.Name));
        return match.Pool.WithImports(match.File).Where(file => _sent.Add((match.Pool, file.Name))).Select(file => file.Bytes).ToList();
    }
}
