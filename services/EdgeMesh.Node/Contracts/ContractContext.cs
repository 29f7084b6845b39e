using System.Text.Json.Serialization;

namespace EdgeMesh.Node.Contracts;

/// <summary>Writes the contracts of <c>--json</c> without reflection. Their field names are a promise: docs/cli.md lists them and a test pins both.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoredJson))]
[JsonSerializable(typeof(ObjectAnswerJson))]
[JsonSerializable(typeof(BucketJson))]
[JsonSerializable(typeof(BucketsJson))]
[JsonSerializable(typeof(ObjectsJson))]
[JsonSerializable(typeof(RemovedJson))]
[JsonSerializable(typeof(NodesJson))]
[JsonSerializable(typeof(TopJson))]
[JsonSerializable(typeof(PingJson))]
[JsonSerializable(typeof(MatrixJson))]
[JsonSerializable(typeof(RankJson))]
[JsonSerializable(typeof(ObjectivesJson))]
[JsonSerializable(typeof(BackupJson))]
[JsonSerializable(typeof(DrainJson))]
[JsonSerializable(typeof(MeshJson))]
[JsonSerializable(typeof(CallJson))]
[JsonSerializable(typeof(ServicesJson))]
[JsonSerializable(typeof(IReadOnlyList<CacheSimulationJson>))]
[JsonSerializable(typeof(NewTokenJson))]
[JsonSerializable(typeof(TokensJson))]
[JsonSerializable(typeof(TokenJson))]
[JsonSerializable(typeof(SimulationJson))]
[JsonSerializable(typeof(VersionJson))]
[JsonSerializable(typeof(ValidationJson))]
[JsonSerializable(typeof(ConfigJson))]
[JsonSerializable(typeof(ReloadJson))]
internal sealed partial class ContractContext : JsonSerializerContext;
