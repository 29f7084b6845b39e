using EdgeMesh.Storage.Database;

namespace EdgeMesh.Storage.Bodies;

/// <summary>What a sweep found.</summary>
/// <param name="Unfinished">Removed: files of writes that the last process did not finish.</param>
/// <param name="Unreferred">Removed: finished bodies that no object refers to, because their commit, or their removal, did not happen.</param>
/// <param name="Missing">Bodies that objects refer to and that are not there: reads of these objects fail as damaged.</param>
internal readonly record struct BodySweep(int Unfinished, int Unreferred, int Missing)
{
    /// <summary>Brings the body files in line with the metadata. For the time before the first write: a body being committed would look unreferred.</summary>
    internal static BodySweep Run(BodyDirectory bodies, MetadataDatabase metadata)
    {
        var sweep = default(BodySweep);
        foreach (var id in bodies.ListTemporary().ToList())
        {
            bodies.RemoveTemporary(id);
            sweep = sweep with { Unfinished = sweep.Unfinished + 1 };
        }

        foreach (var shard in BodyDirectory.Shards)
        {
            var referred = metadata.Read(queries => queries.ReferredBodies(shard, NextShard(shard)));
            foreach (var id in bodies.List(shard).ToList())
            {
                if (!referred.Remove(id))
                {
                    bodies.Remove(id);
                    sweep = sweep with { Unreferred = sweep.Unreferred + 1 };
                }
            }

            sweep = sweep with { Missing = sweep.Missing + referred.Count };
        }

        return sweep;
    }

    // Past all ids that begin with the shard's digits, in byte order.
    private static string NextShard(string shard) => shard[..^1] + (char)(shard[^1] + 1);
}
