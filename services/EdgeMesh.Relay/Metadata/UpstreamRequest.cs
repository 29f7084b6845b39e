using EdgeMesh.Relay.Calls;
using EdgeMesh.Relay.Policies;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeMesh.Relay.Metadata;

/// <summary>Makes the request that goes upstream from the one that came in.</summary>
/// <remarks>
/// Names, values and their order per name pass unchanged; several values of one name stay several fields
/// (<see cref="RepeatedFieldStream"/>). The caller's authority goes in <c>x-forwarded-host</c> unless it is there. A fill under policy
/// takes along only what is in its key, credentials and the protocol's own: nothing else can have changed the answer.
/// </remarks>
internal static class UpstreamRequest
{
    /// <summary>Makes the request; it holds nothing of <paramref name="context"/> but strings, and what <paramref name="content"/> holds.</summary>
    /// <param name="timeout">What is left of the caller's time; null: none was set.</param>
    /// <exception cref="InvalidMetadataException">A value holds a control character.</exception>
    public static HttpRequestMessage Create(HttpContext context, Upstream upstream, HttpContent content, TimeSpan? timeout) =>
        Create(context, upstream, content, timeout, isFill: false, rule: null);

    /// <summary>The same for a fill.</summary>
    /// <param name="rule">What policy says of the method; null: nothing.</param>
    public static HttpRequestMessage CreateFill(HttpContext context, Upstream upstream, HttpContent content, TimeSpan? timeout, MethodRule? rule) =>
        Create(context, upstream, content, timeout, isFill: true, rule);

    /// <summary>Whether a fill under policy takes a field along.</summary>
    public static bool IsSentUnder(MethodRule rule, string name) => RequestMetadata.Classify(name) switch
    {
        MetadataClass.Influence => rule.IsCredential(name) || rule.IsKeyed(name),

        // Trace context chooses no answer, and a call could not be followed without it.
        MetadataClass.Inert => name.Equals(HeaderNames.GrpcAcceptEncoding, StringComparison.OrdinalIgnoreCase) || name.Equals("traceparent", StringComparison.OrdinalIgnoreCase)
            || name.Equals("tracestate", StringComparison.OrdinalIgnoreCase) || name.Equals("edgemesh-at-least", StringComparison.OrdinalIgnoreCase) || rule.IsKeyed(name),
        _ => true,
    };

    private static HttpRequestMessage Create(HttpContext context, Upstream upstream, HttpContent content, TimeSpan? timeout, bool isFill, MethodRule? rule)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = new HttpRequestMessage(HttpMethod.Post, upstream.Target(target))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };

        var hasForwardedHost = false;
        foreach (var (name, values) in context.Request.Headers)
        {
            switch (RequestMetadata.Classify(name))
            {
                case MetadataClass.Stripped:
                case MetadataClass.Policy when isFill || !upstream.IsNode:
                case MetadataClass.Influence or MetadataClass.Inert when rule is not null && !IsSentUnder(rule, name):
                case MetadataClass.Loop when upstream.Via is not null:
                    continue;
                case MetadataClass.Protocol when name.Equals(HeaderNames.GrpcTimeout, StringComparison.OrdinalIgnoreCase):
                    continue;
                case MetadataClass.Host:
                    hasForwardedHost = true;
                    break;
            }

            foreach (var one in values)
            {
                InvalidMetadataException.ThrowIfControl(name, one);
            }

            var value = values.Count == 1 ? values[0] : string.Join(RepeatedFieldStream.Separator, values.ToArray());
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (upstream.Via is { } node)
        {
            var passed = context.Request.Headers[CdnLoop.Name];
            InvalidMetadataException.ThrowIfControl(CdnLoop.Name, passed);
            request.Headers.TryAddWithoutValidation(CdnLoop.Name, CdnLoop.Append(passed, node));
        }

        if (timeout is { } left)
        {
            request.Headers.TryAddWithoutValidation(HeaderNames.GrpcTimeout, GrpcTimeout.Format(left));
        }

        if (isFill && upstream.IsNode)
        {
            request.Headers.TryAddWithoutValidation(RequestMetadata.PolicyField, rule?.FingerprintText ?? RequestMetadata.NoRule);
        }

        if (!hasForwardedHost && context.Request.Host.Value is { Length: > 0 } host)
        {
            request.Headers.TryAddWithoutValidation("x-forwarded-host", host);
        }

        return request;
    }
}

/// <summary>Metadata that cannot go on as it is.</summary>
internal sealed class InvalidMetadataException(string message) : Exception(message)
{
    /// <summary>Refuses a value with a character that would change its meaning on the way: a separator, an end of line.</summary>
    public static void ThrowIfControl(string name, string? value)
    {
        if (value.AsSpan().ContainsAnyInRange('\0', '\u001f') || value.AsSpan().Contains('\u007f'))
        {
            throw new InvalidMetadataException($"metadata {NodeNames.Quote(name)} must not hold control characters");
        }
    }
}
