using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>How a node came to an answer, in the JSON of <c>get</c>, <c>stat</c> and <c>up</c>.</summary>
internal sealed record AnswerJson(
    [property: Description("hit, miss, stale, bypass; direct when no cache was in the way.")] string Outcome,
    [property: Description("The cache-status field as received (RFC 9211); null when there was none.")] string? CacheStatus,
    [property: Description("Seconds since the origin answered; null when the answer did not say.")] long? Age,
    [property: Description("Name of the node that answered; null when the answer did not say.")] string? Node,
    [property: Description("From the call's start to its end, in milliseconds.")] double Milliseconds);

/// <summary>The JSON of <c>get</c> and <c>stat</c>.</summary>
internal sealed record ObjectAnswerJson(
    [property: Description("The object.")] ObjectJson Object,
    [property: Description("How the node came to the answer.")] AnswerJson Answer);

/// <summary>The JSON of <c>put</c>.</summary>
internal sealed record StoredJson(
    [property: Description("The object as stored.")] ObjectJson Object);
