using Grpc.Reflection.V1;
using Asked = Grpc.Reflection.V1.ServerReflectionRequest.MessageRequestOneofCase;

namespace EdgeMesh.Introspection;

/// <summary>A question for one file: by its name, by a symbol that it declares, or by an extension.</summary>
internal sealed class DescriptorQuestion(ServerReflectionRequest request)
{
    public ServerReflectionRequest Request => request;

    /// <summary>The full name that decides whose question it is; null for a file name, which says nothing of that.</summary>
    public string? Symbol => request.MessageRequestCase switch
    {
        Asked.FileContainingSymbol => request.FileContainingSymbol,
        Asked.FileContainingExtension => request.FileContainingExtension.ContainingType,
        _ => null,
    };

    public static DescriptorQuestion ForSymbol(string symbol) => new(new ServerReflectionRequest { FileContainingSymbol = symbol });

    public DescriptorMatch? FindIn(DescriptorModel model) => request.MessageRequestCase switch
    {
        Asked.FileByFilename => model.FindFile(request.FileByFilename),
        Asked.FileContainingExtension => model.FindExtension(request.FileContainingExtension.ContainingType, request.FileContainingExtension.ExtensionNumber),
        _ => model.FindSymbol(request.FileContainingSymbol),
    };

    public DescriptorMatch? FindIn(DescriptorPool pool) => FindIn(DescriptorModel.Of(pool, []));

    public override string ToString() => request.MessageRequestCase switch
    {
        Asked.FileByFilename => $"file \"{Excerpt.Of(request.FileByFilename)}\"",
        Asked.FileContainingExtension => $"extension {request.FileContainingExtension.ExtensionNumber} of \"{Excerpt.Of(request.FileContainingExtension.ContainingType)}\"",
        _ => $"symbol \"{Excerpt.Of(request.FileContainingSymbol)}\"",
    };
}
