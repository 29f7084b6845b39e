namespace EdgeMesh.GrpcStack.Server;

/// <summary>The request broke off: the caller cancelled, or its connection broke. There is nobody to tell.</summary>
/// <remarks>The transport may say so to a read before the call's cancellation token fires.</remarks>
internal sealed class CallerGoneException(Exception cause) : OperationCanceledException("The caller is gone.", cause);
