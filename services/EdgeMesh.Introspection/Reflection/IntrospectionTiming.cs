namespace EdgeMesh.Introspection;

/// <summary>How often origins are asked for their descriptors, and how long an answer may take.</summary>
public sealed record IntrospectionTiming
{
    /// <summary>How long what was learned stands. 30 s: a new version of an origin shows soon, at the price of one short stream.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a failure stands. 1 s: an origin that starts after its Region shows at once, one that is away is not hammered.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one refresh, or one question, may take. 5 s.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
