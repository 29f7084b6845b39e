using System.Text.Json.Serialization;

namespace EdgeMesh.Node.Servers;

/// <summary>Writes text as JSON without reflection, which a trimmed program lacks.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class AccessLogContext : JsonSerializerContext;
