using System.Net;

namespace EdgeMesh.Relay.Hosting;

/// <summary>An address cannot be listened on: another process has it, or the machine does not.</summary>
/// <param name="option">The option that chose it.</param>
/// <param name="endPoint">The address.</param>
/// <param name="inner">Why.</param>
public sealed class ListenException(string option, EndPoint endPoint, Exception inner)
    : IOException($"cannot listen on {endPoint}: {inner.GetBaseException().Message}", inner)
{
    /// <summary>The option that chose the address.</summary>
    public string Option { get; } = option;

    /// <summary>The address.</summary>
    public EndPoint EndPoint { get; } = endPoint;
}
