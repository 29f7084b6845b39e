using System.ComponentModel;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>purge</c>.</summary>
internal sealed record PurgeJson(
    [property: Description("Its place in the Region's log.")] ulong Sequence,
    [property: Description("The log's epoch.")] ulong Epoch,
    [property: Description("When it was written into the log, ISO 8601 in UTC.")] DateTimeOffset Time,
    [property: Description("Whether every node has applied it, lost ones included.")] bool Complete,
    [property: Description("How long that took, or was waited for, in milliseconds.")] double Milliseconds,
    [property: Description("The edge locations and Local Zones that the Region knows of.")] IReadOnlyList<PurgedNodeJson> Nodes);

/// <summary>How far one node is with a purge.</summary>
internal sealed record PurgedNodeJson(
    [property: Description("Its name.")] string Name,
    [property: Description("edge-location or local-zone.")] string Kind,
    [property: Description("ready, draining, lost or unknown. A lost one may go on to serve what it has until it joins again.")] string State,
    [property: Description("Whether it has applied the purge.")] bool Applied,
    [property: Description("How far in the log it is; null when it has not said.")] ulong? Sequence)
{
    /// <summary>What the Region says of a node, as JSON.</summary>
    public static PurgedNodeJson Of(InvalidationProgress node) => new(node.Name, NodeJson.KindOf(node.Kind), NodeJson.StateOf(node.State), node.Applied, node.Position?.Sequence);
}

/// <summary>The JSON of <c>purge ls</c>.</summary>
internal sealed record PurgesJson(
    [property: Description("The latest first.")] IReadOnlyList<PurgeEntryJson> Purges);

/// <summary>A purge in the log.</summary>
internal sealed record PurgeEntryJson(
    [property: Description("Its place in the log.")] ulong Sequence,
    [property: Description("The log's epoch.")] ulong Epoch,
    [property: Description("When it was written, ISO 8601 in UTC.")] DateTimeOffset Time,
    [property: Description("Whether answers only became stale.")] bool Soft,
    [property: Description("Why, in its author's words; may be empty.")] string Note,
    [property: Description("What went.")] IReadOnlyList<PurgeTargetJson> Targets)
{
    /// <summary>An entry of the log, as JSON.</summary>
    public static PurgeEntryJson Of(LogEntry entry) => new(
        entry.Sequence, entry.Epoch, entry.CommitTime.ToDateTimeOffset(), entry.Invalidation.Soft, entry.Invalidation.Note, [.. entry.Invalidation.Targets.Select(PurgeTargetJson.Of)]);
}

/// <summary>What a purge names: a tag, a method, a request (a method with a message), or with none of them everything.</summary>
internal sealed record PurgeTargetJson(
    [property: Description("A tag; else null.")] string? Tag,
    [property: Description("A method; else null.")] string? Method,
    [property: Description("With a method: the message of the one request whose answers went, in base64; else null.")] string? Message)
{
    /// <summary>A target, as JSON.</summary>
    public static PurgeTargetJson Of(InvalidationTarget target) => target.TargetCase switch
    {
        InvalidationTarget.TargetOneofCase.Tag => new(target.Tag, null, null),
        InvalidationTarget.TargetOneofCase.Method => new(null, target.Method, null),
        InvalidationTarget.TargetOneofCase.Request => new(null, target.Request.Method, target.Request.Message.ToBase64()),
        _ => new(null, null, null),
    };
}
