using EdgeMesh.Storage.Grammar;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Storage;

/// <summary>The one place that turns faults of the store into gRPC statuses, with details for programs (https://cloud.google.com/apis/design/errors).</summary>
/// <remarks>
/// <c>grpc-status-details-bin</c> has a <c>google.rpc.Status</c> of: <c>ErrorInfo</c>, always, whose reason is the fault in
/// UPPER_SNAKE_CASE; <c>BadRequest</c> with every field at fault; <c>PreconditionFailure</c> with every unmet condition; <c>RetryInfo</c>
/// where a later try may do.
/// </remarks>
public static class FaultStatus
{
    private const string DetailsName = "grpc-status-details-bin";
    private const string Domain = "edgemesh";

    // Long enough for a disk that hiccups, short enough for a user who waits.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The exception with which a call ends.</summary>
    public static RpcException ToRpcException(ObjectStoreException e)
    {
        var code = CodeOf(e.Fault);
        var details = new RpcStatus { Code = (int)code, Message = e.Message };
        details.Details.Add(Any.Pack(new ErrorInfo { Reason = ReasonOf(e.Fault), Domain = Domain }));
        switch (e.Fault)
        {
            case ObjectStoreFault.InvalidArgument:
                var request = new BadRequest();
                request.FieldViolations.Add(e.Violations.Select(one => new BadRequest.Types.FieldViolation { Field = one.Field, Description = one.Description }));
                details.Details.Add(Any.Pack(request));
                break;
            case ObjectStoreFault.ConditionNotMet:
                var failure = new PreconditionFailure();
                failure.Violations.Add(e.Violations.Select(one => new PreconditionFailure.Types.Violation { Type = one.Field, Description = one.Description }));
                details.Details.Add(Any.Pack(failure));
                break;
            case ObjectStoreFault.Unavailable:
                details.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(RetryDelay) }));
                break;
        }

        return new RpcException(new Status(code, e.Message), new Metadata { { DetailsName, details.ToByteArray() } });
    }

    /// <summary>The fault for a stream whose messages are not in the order that its method demands.</summary>
    internal static ObjectStoreException OutOfOrder(string field, string rule, string value)
    {
        var violations = new Violations();
        violations.Add(field, rule, value);
        return violations.ToException();
    }

    private static StatusCode CodeOf(ObjectStoreFault fault) => fault switch
    {
        ObjectStoreFault.InvalidArgument => StatusCode.InvalidArgument,
        ObjectStoreFault.BucketNotFound or ObjectStoreFault.ObjectNotFound => StatusCode.NotFound,
        ObjectStoreFault.BucketNotEmpty or ObjectStoreFault.ConditionNotMet => StatusCode.FailedPrecondition,
        ObjectStoreFault.TooLarge or ObjectStoreFault.StorageFull => StatusCode.ResourceExhausted,
        ObjectStoreFault.ChecksumMismatch or ObjectStoreFault.Damaged => StatusCode.DataLoss,
        ObjectStoreFault.RangeNotSatisfiable => StatusCode.OutOfRange,
        ObjectStoreFault.Unavailable => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    private static string ReasonOf(ObjectStoreFault fault) => fault switch
    {
        ObjectStoreFault.InvalidArgument => "INVALID_ARGUMENT",
        ObjectStoreFault.BucketNotFound => "BUCKET_NOT_FOUND",
        ObjectStoreFault.ObjectNotFound => "OBJECT_NOT_FOUND",
        ObjectStoreFault.BucketNotEmpty => "BUCKET_NOT_EMPTY",
        ObjectStoreFault.ConditionNotMet => "CONDITION_NOT_MET",
        ObjectStoreFault.TooLarge => "TOO_LARGE",
        ObjectStoreFault.ChecksumMismatch => "CHECKSUM_MISMATCH",
        ObjectStoreFault.RangeNotSatisfiable => "RANGE_NOT_SATISFIABLE",
        ObjectStoreFault.Damaged => "DAMAGED",
        ObjectStoreFault.StorageFull => "STORAGE_FULL",
        ObjectStoreFault.Unavailable => "STORAGE_UNAVAILABLE",
        _ => "INTERNAL",
    };
}
