using System.Collections.Concurrent;
using EdgeMesh.Relay.Coherence;
using EdgeMesh.Relay.Metadata;
using EdgeMesh.V1;

namespace EdgeMesh.Relay.Upstreams;

/// <summary>The next node, or an origin, on the way of a call.</summary>
/// <remarks>Immutable but for <see cref="IsUp"/> and the URIs that it remembers; thread-safe; does not own the invoker.</remarks>
public sealed class Upstream
{
    /// <summary>What an address must be, to complete a sentence that begins with the field's name.</summary>
    public const string AddressRule = "must be an http or https URL with host and port only";

    private const int Unknown = 0;
    private const int Up = 1;
    private const int Down = 2;

    // Callers can make methods up: past so many, URIs are made for each call.
    private const int MaxTargets = 1024;

    private static readonly UriCreationOptions AsIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly ConcurrentDictionary<string, Uri> _targets = new(StringComparer.Ordinal);
    private readonly string _base;
    private int _targetCount;
    private volatile int _state;

    /// <summary>Describes an upstream.</summary>
    /// <param name="description">For messages to people: <c>Region eu-west-2</c>, <c>origin shop.v1.</c>.</param>
    /// <param name="address">Scheme, host and port; its authority is sent as <c>:authority</c>, never the caller's.</param>
    /// <param name="invoker">Sends to it; made by <see cref="UpstreamHandler"/> unless the caller has its own.</param>
    /// <exception cref="ArgumentException">The address is not an absolute http or https URI.</exception>
    public Upstream(string description, Uri address, HttpMessageInvoker invoker)
    {
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"address must be an absolute http or https URI, got \"{address}\"", nameof(address));
        }

        Description = description;
        Address = address;
        _base = address.GetLeftPart(UriPartial.Authority);
        Invoker = invoker;
        PortTag = address.Port;
    }

    /// <summary>For messages to people.</summary>
    public string Description { get; }

    /// <summary>Scheme, host and port.</summary>
    public Uri Address { get; }

    /// <summary>Sends to it.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Whether it is a node of the mesh, which is told by which rule a call is answered; else an origin.</summary>
    public bool IsNode { get; init; }

    /// <summary>The name by which this node adds itself to <c>cdn-loop</c> (RFC 8586); null: it does not.</summary>
    public string? Via { get; init; }

    /// <summary>Whether the last call that ended was answered there, or could not reach it or lost it; null: no call has ended.</summary>
    public bool? IsUp
    {
        get => _state == Unknown ? null : _state == Up;
        internal set => _state = value == true ? Up : Down;
    }

    /// <summary>The port, as an attribute that costs no allocation.</summary>
    internal object PortTag { get; }

    /// <summary>Whether a URI names a node or an origin: http or https, host and port, and nothing else.</summary>
    public static bool IsAddress(Uri uri) => uri is { IsAbsoluteUri: true, Scheme: "http" or "https" } && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0;

    /// <summary>The same of a text.</summary>
    public static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsAddress(uri);

    /// <summary>Description and address, for messages to people.</summary>
    public override string ToString() => $"{Description} at {_base}";

    /// <summary>Sends a call, and says of the answer what it is as-of.</summary>
    /// <remarks>
    /// A node says that itself. Of an origin that is asked by a caching node, as workloads of a Local Zone are, its answer is as-of what that node had applied when it asked: (1) it has applied 16, and asks;
    /// (2) the origin reads, then 17 purges what it read; (3) 17 is applied here; (4) the answer comes, as-of 16, and is not stored, or is taken out. What the origin itself says of that is not listened to.
    /// </remarks>
    /// <param name="applied">The log of a caching node; null: of a node of another kind, which says it without the answer's help.</param>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, AppliedLog? applied, CancellationToken cancellationToken) =>
        IsNode || applied is null ? Invoker.SendAsync(request, cancellationToken) : SendAsOfAsync(request, applied.Position, cancellationToken);

    private async Task<HttpResponseMessage> SendAsOfAsync(HttpRequestMessage request, LogPosition? asked, CancellationToken cancellationToken)
    {
        var response = await Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        response.Headers.Remove(ResponseMetadata.AsOf);
        if (asked is not null)
        {
            response.Headers.TryAddWithoutValidation(ResponseMetadata.AsOf, AppliedLog.Show(asked.Epoch, asked.Sequence));
        }

        return response;
    }

    /// <summary>The URI of a method, which the handler takes apart only once when it is the same object.</summary>
    /// <param name="path"><c>/package.Service/Method</c>, sent as it is.</param>
    public Uri Target(string path)
    {
        if (_targets.TryGetValue(path, out var known))
        {
            return known;
        }

        var made = new Uri(_base + path, AsIs);
        if (Volatile.Read(ref _targetCount) < MaxTargets && _targets.TryAdd(path, made))
        {
            Interlocked.Increment(ref _targetCount);
        }

        return made;
    }
}
