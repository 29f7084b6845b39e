using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using EdgeMesh.Caching;
using EdgeMesh.Relay.Cache;
using EdgeMesh.Relay.Calls;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EdgeMesh.Relay.Policies;

/// <summary>Tells what the data plane does with a call, by asking the code that does it.</summary>
/// <remarks>Stateless; thread-safe.</remarks>
public static class PolicyExplainer
{
    private static readonly string[] Properties =
        ["ttl", "stale_while_revalidate", "stale_if_error", "negative_ttl", "key_fields", "key_metadata", "identity", "tags", "flow", "max_bytes", "request_directives", "no_store"];

    // What nodes are not told otherwise.
    private static readonly RelayOptions Defaults = new() { NodeName = "", NodeDescription = "" };

    /// <summary>Explains a call.</summary>
    /// <param name="policy">What is in force.</param>
    /// <param name="request">The call.</param>
    /// <param name="isStreaming">Whether a descriptor says that the method streams.</param>
    public static ExplainPolicyResponse Explain(PolicyModel policy, ExplainPolicyRequest request, bool isStreaming)
    {
        // 1. The rule.
        var path = "/" + request.Method;
        var binding = policy.Find(path);
        var rule = binding.Active ?? binding.Shadow;
        var explained = new ExplainPolicyResponse { Version = policy.Version, Pattern = rule?.Pattern ?? "", RuleVersion = rule?.FingerprintText ?? "", Shadow = binding.Active is null && rule is not null };
        var tried = binding with { Active = rule };
        if (tried.FindBypass(isStreaming, StringValues.Empty) is { } bypass)
        {
            explained.Bypass = rule?.Fault is { } fault && bypass == "policy-fault" ? $"{bypass}: {fault}" : bypass;
            AddProperties(explained, rule, rules: null);
            return explained;
        }

        // 2. The request, and its key.
        var headers = new HeaderDictionary();
        foreach (var field in request.Metadata)
        {
            // An empty value is one, too, which Append would leave out.
            headers[field.Name] = StringValues.Concat(headers[field.Name], field.Value);
        }

        var facts = RequestFacts.Read(headers, request.Authority, certificate: null, path, rule);
        var sent = new ReadOnlySequence<byte>(request.HasBody ? request.Body.Memory : Frame(request.Message.Span));
        if (FindRequestBypass(sent, !request.Open, facts.Encoding, out var message) is { } unfit)
        {
            explained.Bypass = unfit;
            AddProperties(explained, rule, rules: null);
            return explained;
        }

        var keys = CallKeys.Of(facts, RequestKey.Primary(facts, facts.Identity, message), message);
        AddKey(explained, facts, keys, message);

        // 3. The answer.
        var answer = request.Answer ?? new ExplainPolicyRequest.Types.Answer();
        using var response = ToResponse(answer);
        var rules = AnswerRules.Read(response, facts, headers, hasAsOf: true);
        AddProperties(explained, rule, rules);
        explained.Refusal = facts.Directives.OnlyIfCached ? CachedCallHandler.OnlyIfCached : rules.Refusal ?? "";
        if (explained.Refusal.Length > 0)
        {
            return explained;
        }

        // 4. Its end.
        var end = ReadEnd(answer, response, rules, facts, sent.ToArray());
        explained.Refusal = end.Refusal ?? "";
        explained.Stored = end.Refusal is null && !explained.Shadow;
        explained.Ttl = Duration.FromTimeSpan(rules.Lifetime);
        explained.Tags.Add(end.Tags);
        explained.StoredKeyDigest = explained.Stored ? Digest(keys.StoredUnder(rules, headers)) : "";
        foreach (var name in rules.VaryNames)
        {
            explained.Key.Add(new KeyPart { Name = $"vary:{name}", Value = headers[name].ToString() });
        }

        return explained;
    }

    private static AnswerEnd ReadEnd(ExplainPolicyRequest.Types.Answer answer, HttpResponseMessage response, AnswerRules rules, in RequestFacts facts, byte[] sent)
    {
        var body = answer.HasBody ? answer.Body.ToByteArray() : rules.IsNegative ? [] : Frame(answer.Message.Span);
        var counter = default(MessageCounter);
        counter.Add(body);
        var bytes = Math.Max(body.Length, (long)Math.Min(answer.BodyBytes, long.MaxValue));
        if (AnswerEnd.RefuseBody(counter.Begun, bytes, AnswerEnd.MaxBytes(Defaults, facts.Rule)) is { } refusal)
        {
            return new AnswerEnd(refusal, []);
        }

        // What was not given of it, within the bound above, counts as zeros.
        Array.Resize(ref body, (int)bytes);
        return answer.Cut ? AnswerEnd.NotWhole : AnswerEnd.Read(response, rules, body, facts, sent, Defaults.MaxStoredMessageBytes);
    }

    /// <summary>Why a request is not looked up for its body; null: it is.</summary>
    private static string? FindRequestBypass(ReadOnlySequence<byte> sent, bool isCompleted, string? encoding, out ReadOnlySequence<byte> message)
    {
        message = default;
        return UnaryRequest.Classify(sent, Defaults.MaxKeyedMessageBytes, isCompleted) switch
        {
            RequestShape.Streaming => "streaming",
            RequestShape.Unary => RequestKey.TryReadMessage(sent, encoding, Defaults.MaxKeyedMessageBytes, out message) ? null : CachedCallHandler.RequestCoding,
            _ => "not-unary",
        };
    }

    private static void AddKey(ExplainPolicyResponse explained, in RequestFacts facts, in CallKeys keys, ReadOnlySequence<byte> message)
    {
        Add("method", facts.Path[1..]);
        Add("authority", facts.Host);
        Add("media-type", facts.ContentType);
        Add("identity", facts.Identity is null ? "none" : $"credentials, digest {Convert.ToHexStringLower(facts.Identity)[..16]}");
        if (facts.Rule is { } rule)
        {
            Add("rule", rule.FingerprintText);
            for (var i = 0; i < facts.Keyed.Length; i++)
            {
                Add("metadata:" + rule.KeyMetadata[i], facts.Keyed[i].Count == 0 ? "absent" : facts.Keyed[i].ToString());
            }
        }

        var room = new byte[KeyedMessage.MaxLength((int)message.Length)];
        Add("message", facts.Rule?.Request is not { } shape ? $"whole: {Hex(message.ToArray())}"
            : KeyedMessage.TryWrite(shape, message.ToArray(), room, out var written) ? $"by fields: {Hex(room.AsSpan(0, written))}" : $"malformed, whole: {Hex(message.ToArray())}");
        explained.KeyDigest = Digest(keys.Own);

        void Add(string name, string value) => explained.Key.Add(new KeyPart { Name = name, Value = value });
    }

    private static string Digest(CacheKey key) => Convert.ToHexStringLower(SHA256.HashData(key.Bytes));

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        const int MaxBytes = 256;
        var shown = Convert.ToHexStringLower(bytes[..Math.Min(MaxBytes, bytes.Length)]);
        return bytes.Length > MaxBytes ? string.Create(CultureInfo.InvariantCulture, $"{shown}... of {bytes.Length} bytes") : $"{shown} ({bytes.Length} bytes)";
    }

    private static void AddProperties(ExplainPolicyResponse explained, MethodRule? rule, AnswerRules? rules)
    {
        foreach (var name in Properties)
        {
            var said = (rule?.Sources.GetValueOrDefault(name) ?? PropertySource.Default, rule?.Describe(name) ?? "");
            var (source, value) = rules is null ? said : name switch
            {
                "ttl" when rules.DeclaresLifetime => (PropertySource.Response, Seconds(rules.Lifetime)),
                "stale_while_revalidate" when rules.MayStore && rules.StaleWhileRevalidate != (rule?.StaleWhileRevalidate ?? TimeSpan.Zero) => (PropertySource.Response, Seconds(rules.StaleWhileRevalidate)),
                "stale_if_error" when rules.MayStore && rules.StaleIfError != (rule?.StaleIfError ?? TimeSpan.Zero) => (PropertySource.Response, Seconds(rules.StaleIfError)),
                "identity" when rules.IsPublic => (PropertySource.Response, "public"),
                "no_store" when rules.Refusal is "forbidden" or "set-cookie" => (PropertySource.Response, rules.Refusal),
                _ => said,
            };
            explained.Properties.Add(new ExplainedProperty
            {
                Name = name,
                Value = value,
                Source = source switch { PropertySource.Response => "response", PropertySource.Policy => "policy", PropertySource.MethodOption => "method-option", _ => "default" },
            });
        }
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture) + "s";

    private static HttpResponseMessage ToResponse(ExplainPolicyRequest.Types.Answer answer)
    {
        var response = new HttpResponseMessage(answer.HttpStatus == 0 ? HttpStatusCode.OK : (HttpStatusCode)answer.HttpStatus) { Content = new ByteArrayContent([]) };
        foreach (var field in answer.Metadata)
        {
            if (!response.Headers.TryAddWithoutValidation(field.Name, field.Value))
            {
                response.Content.Headers.TryAddWithoutValidation(field.Name, field.Value);
            }
        }

        if (!response.Content.Headers.NonValidated.Contains(HeaderNames.ContentType))
        {
            response.Content.Headers.TryAddWithoutValidation(HeaderNames.ContentType, HeaderNames.GrpcContentType);
        }

        foreach (var field in answer.Trailers)
        {
            response.TrailingHeaders.TryAddWithoutValidation(field.Name, field.Value);
        }

        if (answer.Trailers.All(field => field.Name != HeaderNames.GrpcStatus))
        {
            response.TrailingHeaders.TryAddWithoutValidation(HeaderNames.GrpcStatus, "0");
        }

        // Edges have a node as their upstream, which says in one frame that an origin does not answer, or not in gRPC.
        if ((answer.Missing ? GrpcStatusCode.Unavailable : ResponseRelay.FindForeignStatus(response)) is { } code)
        {
            response.Dispose();
            response = new HttpResponseMessage { Content = new ByteArrayContent([]) };
            response.Content.Headers.TryAddWithoutValidation(HeaderNames.ContentType, HeaderNames.GrpcContentType);
            response.Headers.TryAddWithoutValidation(HeaderNames.GrpcStatus, ((int)code).ToString(CultureInfo.InvariantCulture));
        }

        return response;
    }

    private static byte[] Frame(ReadOnlySpan<byte> message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, isCompressed: false, (uint)message.Length);
        message.CopyTo(frame.AsSpan(MessageFrame.HeaderSize));
        return frame;
    }
}
