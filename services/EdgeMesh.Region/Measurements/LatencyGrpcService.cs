using EdgeMesh.V1;

namespace EdgeMesh.Region.Measurements;

/// <summary>Serves what a Region alone answers of <c>edgemesh.v1.LatencyService</c>; probes are answered before it, as on every node.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LatencyGrpcService : LatencyService.LatencyServiceBase;
