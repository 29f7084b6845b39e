namespace EdgeMesh.Storage;

/// <summary>Why the object store did not do what it was asked. <see cref="FaultStatus"/> turns each into a gRPC status.</summary>
public enum ObjectStoreFault
{
    /// <summary>The caller's: values outside grammar or limits; all are listed in <see cref="ObjectStoreException.Violations"/>.</summary>
    InvalidArgument,

    /// <summary>The caller's: no bucket of that name.</summary>
    BucketNotFound,

    /// <summary>The caller's: no object under that key.</summary>
    ObjectNotFound,

    /// <summary>The caller's: a bucket to be deleted has objects.</summary>
    BucketNotEmpty,

    /// <summary>The caller's: what stands under the key is not what a condition demands; each unmet one is in <see cref="ObjectStoreException.Violations"/>.</summary>
    ConditionNotMet,

    /// <summary>The caller's: more bytes than the method carries, or than an object may have.</summary>
    TooLarge,

    /// <summary>The caller's, or the network's: the content that came has another SHA-256 than stated.</summary>
    ChecksumMismatch,

    /// <summary>The caller's: a range starts where the object has no byte.</summary>
    RangeNotSatisfiable,

    /// <summary>Ours: the body on disk is missing, cut or altered. Not retryable; the object must be written anew.</summary>
    Damaged,

    /// <summary>Ours: no room on the disk. Retryable after room was made.</summary>
    StorageFull,

    /// <summary>Ours: the disk or the database failed. Retryable.</summary>
    Unavailable,
}
