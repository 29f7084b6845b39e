using System.ComponentModel;

namespace EdgeMesh.Node.Contracts;

/// <summary>The JSON of <c>up</c>.</summary>
internal sealed record MeshJson(
    [property: Description("The nodes that were started, the Region first.")] IReadOnlyList<NodeJson> Nodes,
    [property: Description("The calls that showed a miss become a hit, in order.")] IReadOnlyList<DemoCallJson> Calls,
    [property: Description("With --zones: how each node greets, the Region first. Else empty.")] IReadOnlyList<GreetingJson> Greetings,
    [property: Description("With --check: whether every node was ready, every edge answered a miss, then a hit, and every Local Zone greeted by a replica of its own. Else null.")] bool? Passed);

/// <summary>A greeting of <c>up --zones</c>.</summary>
internal sealed record GreetingJson(
    [property: Description("Name of the node that was called.")] string Node,
    [property: Description("The greeting.")] string Text,
    [property: Description("Number of the process that greeted.")] int ProcessId,
    [property: Description("How the node came to the answer.")] AnswerJson Answer);

/// <summary>One call of <c>up</c>.</summary>
internal sealed record DemoCallJson(
    [property: Description("Name of the node that was called.")] string Node,
    [property: Description("BUCKET/KEY that was read.")] string Object,
    [property: Description("How the node came to the answer.")] AnswerJson Answer);

/// <summary>The JSON of <c>version</c>.</summary>
internal sealed record VersionJson(
    [property: Description("Version of edgemesh.")] string Version,
    [property: Description("The commit that it was built from, in hexadecimal; null when it was built outside of a repository.")] string? Commit,
    [property: Description("The .NET runtime that it runs on.")] string Runtime,
    [property: Description("The operating system.")] string System,
    [property: Description("Operating system and processor of the program, such as linux-x64.")] string Platform);
