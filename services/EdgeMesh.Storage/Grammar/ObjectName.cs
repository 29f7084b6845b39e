namespace EdgeMesh.Storage.Grammar;

/// <summary>A bucket and a key that are within their grammars.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Key">The key.</param>
/// <param name="KeyBytes">The key as UTF-8, 1 to 1,024 bytes.</param>
internal sealed record ObjectName(string Bucket, string Key, byte[] KeyBytes)
{
    /// <summary>How errors name the object: a long key is cut.</summary>
    public override string ToString() => $"{Bucket}/{Violations.Named(Key)}";

    /// <summary>Checks both parts, noting every rule that they break under <c>PATHbucket</c> and <c>PATHkey</c>.</summary>
    internal static ObjectName Check(string path, string bucket, string key, Violations violations)
    {
        BucketName.Check(path + "bucket", bucket, violations);
        return new ObjectName(bucket, key, Utf8Text.Check(path + "key", key, 1, ObjectLimits.KeyMaxBytes, violations));
    }

    /// <summary>Checks a request that has nothing else to check.</summary>
    /// <exception cref="ObjectStoreException"><see cref="ObjectStoreFault.InvalidArgument"/>.</exception>
    internal static ObjectName Parse(string bucket, string key)
    {
        var violations = new Violations();
        var name = Check("", bucket, key, violations);
        violations.ThrowIfAny();
        return name;
    }
}
