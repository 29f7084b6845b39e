namespace EdgeMesh.Workloads.Processes;

/// <summary>A process could not be started; the message says what is wrong, and where.</summary>
internal sealed class ProcessStartException(string message, Exception? inner = null) : Exception(message, inner);
