using System.Net;
using System.Net.Sockets;

namespace EdgeMesh.Latency.Reports;

/// <summary>The network that stands for a client's address: what routes between networks usually tell apart.</summary>
public static class ClientNetworks
{
    /// <summary>Of IPv4: the longest prefix that other networks take routes for.</summary>
    public const int PrefixLength4 = 24;

    /// <summary>Of IPv6: the same, and what one site is given at most (RFC 6177).</summary>
    public const int PrefixLength6 = 48;

    /// <summary>The network of an address; an IPv4 address in IPv6 form counts as IPv4.</summary>
    public static IPNetwork Of(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPNetwork(plain, plain.AddressFamily == AddressFamily.InterNetwork ? PrefixLength4 : PrefixLength6);
    }

    /// <summary>Reads a network that a peer told.</summary>
    /// <returns>False unless it is a /24 of IPv4 or a /48 of IPv6.</returns>
    public static bool TryParse(string text, out IPNetwork network) =>
        IPNetwork.TryParse(text, out network)
        && network.PrefixLength == (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? PrefixLength4 : PrefixLength6);
}
