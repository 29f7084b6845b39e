using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using RpcStatus = Google.Rpc.Status;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Region;

/// <summary>Tells a caller what is wrong with a request: in words, and in <c>google.rpc.BadRequest</c> for programs.</summary>
internal static class ArgumentFaults
{
    /// <summary>INVALID_ARGUMENT with every field at fault.</summary>
    public static RpcException ToRpcException(IReadOnlyList<BadRequest.Types.FieldViolation> violations)
    {
        var message = Describe(violations);
        var details = new BadRequest();
        details.FieldViolations.AddRange(violations);
        var status = new RpcStatus { Code = (int)StatusCode.InvalidArgument, Message = message, Details = { Any.Pack(details) } };
        return new RpcException(
            new Status(StatusCode.InvalidArgument, message),
            new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    /// <summary>Every field at fault in one line.</summary>
    public static string Describe(IEnumerable<BadRequest.Types.FieldViolation> violations) => string.Join(". ", violations.Select(v => $"{v.Field}: {v.Description}"));
}
