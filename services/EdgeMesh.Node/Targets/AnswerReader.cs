using System.Globalization;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Values;
using Grpc.Core;

namespace EdgeMesh.Node.Targets;

/// <summary>Reads from response metadata how a node came to its answer.</summary>
internal static class AnswerReader
{
    private const string CacheStatusName = "cache-status";
    private const string AgeName = "age";
    private const string NodeName = "x-edgemesh-node";

    /// <summary>Reads <c>cache-status</c>, <c>age</c> and <c>x-edgemesh-node</c>.</summary>
    /// <param name="headers">Response metadata.</param>
    /// <param name="elapsed">From the call's start to its end.</param>
    public static AnswerJson Read(Metadata headers, TimeSpan elapsed)
    {
        var fields = headers.Where(entry => entry.Key == CacheStatusName).Select(entry => entry.Value).ToArray();
        var cacheStatus = fields.Length == 0 ? null : string.Join(", ", fields);
        return new(
            CacheStatusField.Read(cacheStatus)?.Outcome ?? CacheStatusField.Direct,
            cacheStatus,
            long.TryParse(headers.GetValue(AgeName), NumberStyles.None, CultureInfo.InvariantCulture, out var age) ? age : null,
            headers.GetValue(NodeName),
            Math.Round(elapsed.TotalMilliseconds, 3));
    }

    /// <summary>One line for people: <c>hit from LHR50-1 in 0.8 ms (cache-status: LHR50-1; hit; ttl=58)</c>.</summary>
    public static string Show(AnswerJson answer)
    {
        var from = answer.Node is null ? "" : $" from {answer.Node}";
        var age = answer.Age is null ? "" : string.Create(CultureInfo.InvariantCulture, $", age {answer.Age} s");
        var status = answer.CacheStatus is null ? "" : $" (cache-status: {answer.CacheStatus}{age})";
        return string.Create(CultureInfo.InvariantCulture, $"{answer.Outcome}{from} in {answer.Milliseconds:0.0} ms{status}");
    }
}
