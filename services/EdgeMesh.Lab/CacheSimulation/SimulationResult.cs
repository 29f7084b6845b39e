namespace EdgeMesh.Lab.CacheSimulation;

/// <summary>What one policy at one capacity made of a trace.</summary>
/// <param name="Policy">Its name, as <see cref="PolicyChoice"/> reads it.</param>
/// <param name="CapacityBytes">Bytes of objects that the cache could hold.</param>
/// <param name="ObjectHit">Hits per request, 0 to 1: what the origin is spared in calls.</param>
/// <param name="ByteHit">Bytes of hits per requested byte, 0 to 1: what the origin is spared in traffic.</param>
public sealed record SimulationResult(string Policy, long CapacityBytes, double ObjectHit, double ByteHit);
