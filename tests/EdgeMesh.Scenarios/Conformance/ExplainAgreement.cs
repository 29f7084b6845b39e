using System.Globalization;
using System.Text.RegularExpressions;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;
using static EdgeMesh.Scenarios.Conformance.SuiteTranscript;

namespace EdgeMesh.Scenarios.Conformance;

/// <summary>Holds what <c>policy explain</c> says of each call of a run of the suite against what the edge said, in <c>cache-status</c>, that it did.</summary>
/// <remarks>
/// The call and the origin's answer, as they went over the wire, are all that explain is told. Compared are: whether the call was looked up, and why not; whether its answer was stored, for how long,
/// and why not; that a call which was answered by another's answer has its key; and that one which was not, though that was there and fresh, has another key.
/// </remarks>
internal sealed partial class ExplainAgreement(PolicyService.PolicyServiceClient region, SuiteTranscript transcript)
{
    // RelayOptions.UnaryWait, and what a machine that does much else may add.
    private const double UnaryWaitMilliseconds = 500;
    private const double SlackMilliseconds = 1000;

    private readonly Dictionary<(Call, Exchange?), ExplainPolicyResponse> _explained = [];
    private readonly List<string> _faults = [];

    /// <summary>What was compared, by kind.</summary>
    public Dictionary<string, int> Compared { get; } = [];

    /// <summary>Where they disagree.</summary>
    public async Task<IReadOnlyList<string>> FindAsync()
    {
        foreach (var call in transcript.Client)
        {
            if (call.CacheStatus.Length == 0)
            {
                // A call that the edge refused, or whose client left: nothing was said.
                Count("nothing said");
                continue;
            }

            var words = StatusPattern().Match(call.CacheStatus);
            var answered = FindExchange(call);
            var explained = await ExplainAsync(call, answered);
            var (what, detail) = (words.Groups["what"].Value, words.Groups["detail"].Value);
            if (what == "fwd=bypass")
            {
                // Of a request that went on, it depends on what had come by then.
                var mayStream = detail == "streaming" && HasStreamed(call);
                Expect(call, "bypass", explained.Bypass == detail || mayStream || (IsOpen(call) && explained.Bypass is "streaming" or "not-unary" && detail is "streaming" or "not-unary"), explained);
                continue;
            }

            Expect(call, "looked up", explained.Bypass.Length == 0, explained);
            var isAnothers = what == "hit" || call.CacheStatus.Contains("; collapsed", StringComparison.Ordinal) || detail == "stale-if-error";
            if (isAnothers && answered is not null)
            {
                await CompareReuseAsync(call, answered, explained, words);
            }
            else if (detail == "not-modified")
            {
                Count("not modified");
            }
            else if (call.CacheStatus.Contains("; stored", StringComparison.Ordinal))
            {
                // Said when the headers came: what only the end forbids is told by explain alone.
                var begun = explained.Stored ? explained : await ExplainAsync(call, answered is null ? null : answered with { Trailers = null, End = "trailers", Body = new Body([0, 0, 0, 0, 0], 5) });
                // In place of a stale answer, it is said when the answer was whole.
                var (ttl, waited) = (long.Parse(words.Groups["ttl"].Value, CultureInfo.InvariantCulture), what == "fwd=stale" ? (call.Answer.Until - call.At) / 1000 : 0);
                Expect(call, "stored", begun.Stored && ttl <= begun.Ttl.Seconds && ttl + waited + 1 > begun.Ttl.Seconds, explained);
            }
            else
            {
                // An answer that breaks off, or comes too late, may do so before anything of it has gone on.
                var isLost = answered is null or { Initial: null } or { End: not ("trailers" or "headers") } && detail is "failed" or "deadline" or "trailers-only";
                Expect(call, "refused", explained.Refusal == detail || (isLost && !explained.Stored), explained);
            }

            if (!isAnothers && what == "fwd=miss")
            {
                await CompareMissAsync(call);
            }
        }

        return _faults;
    }

    private async Task CompareReuseAsync(Call call, Exchange answered, ExplainPolicyResponse explained, Match words)
    {
        var ttl = words.Groups["ttl"].Success ? long.Parse(words.Groups["ttl"].Value, CultureInfo.InvariantCulture) : 0;
        var window = new[] { "stale_while_revalidate", "stale_if_error" }.Max(name => Seconds(explained.Properties.FirstOrDefault(property => property.Name == name)?.Value ?? ""));

        // An answer that a later one said still holds may be fresh for longer than it said itself.
        var wasConfirmed = transcript.Client.Any(other => other.Path == call.Path && other.CacheStatus.Contains("not-modified", StringComparison.Ordinal)) || transcript.Origin.Any(other => other.Path == call.Path && other.Initial?.Any(field => field[0] == "edgemesh-not-modified") == true);
        Expect(call, ttl < 0 ? "stale" : "reused", wasConfirmed || (explained.Stored && ttl <= explained.Ttl.Seconds && -ttl <= window), explained);
        if (transcript.Client.FirstOrDefault(other => other != call && other.By == answered.Number && other.CacheStatus.Contains("; stored", StringComparison.Ordinal)) is { } leader && !wasConfirmed)
        {
            Expect(call, "same key", (await ExplainAsync(leader, answered)).StoredKeyDigest == explained.StoredKeyDigest, explained);
        }
    }

    /// <summary>A call that asked upstream, though an answer was stored and fresh, has another key than that, or may not use it.</summary>
    private async Task CompareMissAsync(Call call)
    {
        foreach (var other in transcript.Client.Where(other => other.Path == call.Path && other.Answer.Until < call.At && other.CacheStatus.Contains("fwd=miss; stored", StringComparison.Ordinal)))
        {
            if (FindExchange(other) is not { } stored || await ExplainAsync(other, stored) is not { Stored: true } before)
            {
                continue;
            }

            var isFresh = call.Answer.Until - stored.At < (before.Ttl.Seconds * 1000) - SlackMilliseconds;

            // What does not decompress is of no use to a caller that does not take its coding.
            if (isFresh && stored.Initial!.All(field => field[0] != "grpc-encoding") && transcript.Origin.Count(exchange => exchange.Path == call.Path && exchange.At > stored.At && exchange.At < call.At) == 0)
            {
                var would = await ExplainAsync(call, stored);
                Expect(call, "another key", would.StoredKeyDigest != before.StoredKeyDigest, would);
            }
        }
    }

    private async Task<ExplainPolicyResponse> ExplainAsync(Call call, Exchange? answered)
    {
        if (_explained.TryGetValue((call, answered), out var known))
        {
            return known;
        }

        var request = new ExplainPolicyRequest
        {
            Method = call.Path[1..],
            Authority = call.Fields.FirstOrDefault(field => field[0] == ":authority")?[1] ?? "",
            Body = ByteString.CopyFrom(call.Body.Base64),
            Open = IsOpen(call),
            Answer = answered?.Initial is not { } initial ? new() { Missing = true } : new()
            {
                Metadata = { Fields(initial) },
                Trailers = { Fields(answered.Trailers ?? []) },
                Body = ByteString.CopyFrom(answered.Body.Base64),
                BodyBytes = (ulong)answered.Body.Bytes,
                Cut = answered.End is not ("trailers" or "headers"),
                HttpStatus = uint.Parse(initial.First(field => field[0] == ":status")[1], CultureInfo.InvariantCulture),
            },
        };
        request.Metadata.Add(Fields(call.Fields));
        try
        {
            return _explained[(call, answered)] = await region.ExplainPolicyAsync(request);
        }
        catch (RpcException refused)
        {
            _faults.Add($"{transcript.Case}: {call.CacheStatus}, but explain refuses: {refused.Status.Detail}");
            return _explained[(call, answered)] = new ExplainPolicyResponse { Bypass = "refused" };
        }
    }

    /// <summary>The call at the origin whose answer a call has; null: there is none, or it is not known which.</summary>
    private Exchange? FindExchange(Call call)
    {
        if (call.By is { } number)
        {
            return transcript.Origin.FirstOrDefault(exchange => exchange.Number == number);
        }

        var possible = transcript.Origin.Where(exchange => exchange.Path == call.Path && exchange.At >= call.At && exchange.At <= call.Answer.Until && transcript.Client.All(other => other.By != exchange.Number)).ToList();
        return possible is [var only] ? only : null;
    }

    /// <summary>Whether a call of the method before this one had several messages, in either direction.</summary>
    private bool HasStreamed(Call call) =>
        transcript.Client.Any(other => other.Path == call.Path && other.At < call.At && CountMessages(other.Body) > 1) || transcript.Origin.Any(exchange => exchange.Path == call.Path && exchange.At < call.Answer.Until && CountMessages(exchange.Body) > 1);

    private static long CountMessages(Body body)
    {
        var counter = default(Wire.MessageCounter);
        counter.Add(body.Base64);
        return counter.Begun;
    }

    private void Expect(Call call, string kind, bool isSo, ExplainPolicyResponse explained)
    {
        Count(kind);
        if (!isSo)
        {
            explained = explained.Clone();
            explained.Key.Clear();
            explained.Properties.Clear();
            _faults.Add($"{transcript.Case}: {kind}: {call.CacheStatus}, but {explained}");
        }
    }

    private void Count(string kind) => Compared[kind] = Compared.GetValueOrDefault(kind) + 1;

    private static double Seconds(string value) => value.Length == 0 ? 0 : double.Parse(value.AsSpan(0, value.Length - 1), CultureInfo.InvariantCulture);

    private static bool IsOpen(Call call) => call.Ended is not { } ended || ended - call.At > UnaryWaitMilliseconds;

    // RFC 9110 section 5.5: a line feed is replaced by a space, as HTTP clients do.
    private static IEnumerable<MetadataField> Fields(string[][] fields) =>
        fields.Where(field => field[0].Length > 0 && field[0][0] != ':').Select(field => new MetadataField { Name = field[0], Value = field[1].Replace('\n', ' ') });

    [GeneratedRegex(@"^\S+; (?<what>hit|fwd=[a-z]+)(; (stored|collapsed))?(; detail=(?<detail>[a-z-]+))?(; ttl=(?<ttl>-?\d+))?$")]
    private static partial Regex StatusPattern();
}
