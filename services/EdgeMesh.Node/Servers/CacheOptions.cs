using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Caching.Eviction;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary>The options of a node's cache.</summary>
internal sealed class CacheOptions
{
    private readonly Option<ByteSize?> _bytes = CliOption.Value<ByteSize?>("--cache-bytes", "SIZE", "Budget of the cache, such as 512MiB; default: a quarter of the memory that the process may use.", ByteSize.TryReadOptional);
    private readonly Option<LivePolicy> _policy = CliOption.Value("--cache-policy", "NAME", "Which cached answers stay when the budget is full: density:A, from 1 (fewest calls to the origin) to 0 (least traffic from it), or s3-fifo.", TryReadPolicy, LivePolicy.Default);
    private readonly Option<string?> _recordTrace = CliOption.Text("--record-trace", "FILE", "Notes which cached answers are asked for, as keyed hashes and sizes, for edgemesh cache simulate --format own; 16 bytes a request.");

    /// <summary>Adds the options to a command.</summary>
    public CacheOptions(Command command)
    {
        command.Add(_bytes);
        command.Add(_policy);
        command.Add(_recordTrace);
    }

    /// <summary>The budget's option, which a node follows while it runs.</summary>
    public Option BytesOption => _bytes;

    /// <summary>The budget in bytes; null: by default.</summary>
    public long? Bytes(ParseResult parsed) => parsed.GetValue(_bytes)?.Bytes;

    /// <summary>Which answers stay.</summary>
    public LivePolicy Policy(ParseResult parsed) => parsed.GetRequiredValue(_policy);

    /// <summary>Where requests are noted; null: nowhere.</summary>
    public string? RecordTrace(ParseResult parsed) => parsed.GetValue(_recordTrace);

    private static bool TryReadPolicy(string text, [MaybeNullWhen(false)] out LivePolicy policy, out string error)
    {
        error = $"want {LivePolicy.Wanted}";
        return LivePolicy.TryRead(text, out policy);
    }
}
