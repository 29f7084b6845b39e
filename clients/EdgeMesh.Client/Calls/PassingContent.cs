using System.Net;

namespace EdgeMesh.Client.Calls;

/// <summary>A caller's body on its way to one node: never held, and known to be unsent until it begins.</summary>
/// <remarks>The caller's request keeps its content: disposing of this does not touch it. Thread-safe.</remarks>
internal sealed class PassingContent : HttpContent
{
    private readonly HttpContent _content;
    private volatile bool _hasBegun;

    public PassingContent(HttpContent content)
    {
        _content = content;
        foreach (var field in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(field.Key, field.Value);
        }
    }

    /// <summary>Whether a connection has asked for it.</summary>
    public bool HasBegun => _hasBegun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _hasBegun = true;
        return _content.CopyToAsync(stream, context, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? 0;
        return _content.Headers.ContentLength is not null;
    }
}
