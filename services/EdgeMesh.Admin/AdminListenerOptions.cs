using System.Net;
using EdgeMesh.Relay.Hosting;

namespace EdgeMesh.Admin;

/// <summary>Where a node answers who administers it.</summary>
/// <param name="Listen"><c>ADDRESS:PORT</c>, as for the data listener; null: on loopback, the data listener's port and <see cref="PortDistance"/>, or any free one when that is any free one.</param>
/// <param name="IsTls">Whether it serves TLS, as the data listener does.</param>
/// <param name="IsInsecureAllowed">Whether it may be beyond loopback without TLS.</param>
public sealed record AdminListenerOptions(string? Listen, bool IsTls, bool IsInsecureAllowed)
{
    /// <summary>From a node's data port to its admin port: 6400 and 6500, 6401 and 6501.</summary>
    public const int PortDistance = 100;

    /// <summary>Finds all faults.</summary>
    /// <param name="data">The data listener; null when that is faulty.</param>
    /// <param name="failures">Gets one line a fault, beginning with the option's name.</param>
    /// <returns>Where to listen; null when there were faults.</returns>
    public IPEndPoint? Validate(IPEndPoint? data, ICollection<string> failures)
    {
        if (Listen is null)
        {
            if (data is null or { Port: 0 })
            {
                return data is null ? null : new IPEndPoint(IPAddress.Loopback, 0);
            }

            if (data.Port <= IPEndPoint.MaxPort - PortDistance)
            {
                return new IPEndPoint(IPAddress.Loopback, data.Port + PortDistance);
            }

            failures.Add($"--admin-listen is missing: its default, the port of --listen and {PortDistance}, would be {data.Port + PortDistance}, over {IPEndPoint.MaxPort}");
            return null;
        }

        if (!ListenerOptions.TryParse(Listen, out var endPoint))
        {
            failures.Add($"--admin-listen must be ADDRESS:PORT with an IP address (IPv6 in brackets) or localhost and a port of 0 to 65535, got \"{Listen}\"");
            return null;
        }

        if (!IPAddress.IsLoopback(endPoint!.Address) && !IsTls && !IsInsecureAllowed)
        {
            failures.Add($"--admin-listen {Listen} is beyond loopback: give --tls-cert and --tls-key, or --insecure to serve cleartext there");
        }

        return endPoint;
    }
}
