using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using EdgeMesh.Relay.Cache;
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

    /// <summary>Explains a call.</summary>
    /// <param name="policy">What is in force.</param>
    /// <param name="request">The call, its method's shape aside.</param>
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

        // 2. The key.
        var headers = new HeaderDictionary();
        foreach (var field in request.Metadata)
        {
            headers.Append(field.Name.ToLowerInvariant(), field.Value);
        }

        var facts = RequestFacts.Read(headers, request.Authority, certificate: null, path, rule);
        var message = new ReadOnlySequence<byte>(request.Message.Memory);
        AddKey(explained, facts, message);

        // 3. The answer.
        var answer = request.Answer ?? new ExplainPolicyRequest.Types.Answer();
        using var response = ToResponse(answer);
        var rules = AnswerRules.Read(response, rule).For(facts, headers);
        AddProperties(explained, rule, rules);
        explained.Refusal = rules.Refusal ?? "";
        if (rules.Refusal is not null)
        {
            return explained;
        }

        var frame = rules.IsNegative ? [] : Frame(answer.Message.Span);
        if (rule is not null && frame.Length - MessageFrame.HeaderSize > rule.MaxBytes)
        {
            explained.Refusal = "too-large";
            return explained;
        }

        var end = AnswerEnd.Read(response, rules, frame, facts, Frame(request.Message.Span), PolicyRules.MaxBytes);
        explained.Refusal = end.Refusal ?? "";
        explained.Stored = end.Refusal is null && !explained.Shadow;
        explained.Ttl = Duration.FromTimeSpan(rules.Lifetime);
        explained.Tags.Add(end.Tags);
        foreach (var name in rules.VaryNames)
        {
            explained.Key.Add(new KeyPart { Name = $"vary:{name}", Value = headers[name].ToString() });
        }

        return explained;
    }

    private static void AddKey(ExplainPolicyResponse explained, in RequestFacts facts, ReadOnlySequence<byte> message)
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
        explained.KeyDigest = Convert.ToHexStringLower(SHA256.HashData(RequestKey.Primary(facts, facts.Identity, message).Bytes));

        void Add(string name, string value) => explained.Key.Add(new KeyPart { Name = name, Value = value });
    }

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
        var response = new HttpResponseMessage { Content = new ByteArrayContent([]) };
        foreach (var field in answer.Metadata)
        {
            if (!response.Headers.TryAddWithoutValidation(field.Name, field.Value))
            {
                response.Content.Headers.TryAddWithoutValidation(field.Name, field.Value);
            }
        }

        foreach (var field in answer.Trailers.Where(field => field.Name != HeaderNames.GrpcStatus))
        {
            response.TrailingHeaders.TryAddWithoutValidation(field.Name, field.Value);
        }

        response.TrailingHeaders.TryAddWithoutValidation(HeaderNames.GrpcStatus, "0");
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
