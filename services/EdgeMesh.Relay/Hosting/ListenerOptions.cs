using System.Net;

namespace EdgeMesh.Relay.Hosting;

/// <summary>Where a node listens, and how it proves who it is.</summary>
/// <param name="Listen"><c>ADDRESS:PORT</c>: an IPv4 address, an IPv6 address in brackets, or <c>localhost</c>; port 0: a free one.</param>
/// <param name="Tls">Its certificate, and whom it trusts; without a certificate: cleartext HTTP/2.</param>
/// <param name="IsInsecureAllowed">Whether a listener beyond loopback may do without TLS.</param>
public sealed record ListenerOptions(string Listen, TlsFiles Tls, bool IsInsecureAllowed)
{
    /// <summary>Finds all faults.</summary>
    /// <param name="failures">Gets one line a fault, beginning with the option's name.</param>
    /// <returns>The endpoint and what the files hold; each null when it has faults.</returns>
    public (IPEndPoint? EndPoint, TlsModel? Tls) Validate(ICollection<string> failures)
    {
        if (!TryParse(Listen, out var endPoint))
        {
            failures.Add($"--listen must be ADDRESS:PORT with an IP address (IPv6 in brackets) or localhost and a port of 0 to 65535, got \"{Listen}\"");
        }

        if (Tls is { CertificatePath: null, KeyPath: null } && endPoint is not null && !IPAddress.IsLoopback(endPoint.Address) && !IsInsecureAllowed)
        {
            failures.Add($"--listen {Listen} is beyond loopback: give --tls-cert and --tls-key, or --insecure to serve cleartext there");
        }

        return (endPoint, Tls.Read(TimeProvider.System.GetUtcNow(), failures));
    }

    /// <summary>Reads <c>ADDRESS:PORT</c>.</summary>
    public static bool TryParse(string listen, out IPEndPoint? endPoint)
    {
        const string Localhost = "localhost:";
        var text = listen.StartsWith(Localhost, StringComparison.OrdinalIgnoreCase) ? $"{IPAddress.Loopback}:{listen[Localhost.Length..]}" : listen;

        // IPEndPoint takes an address without a port, and IPv6 without brackets: neither is meant here.
        var colon = text.LastIndexOf(':');
        var isPlain = colon > 0 && !text[..colon].Contains(':');
        var isBracketed = colon > 1 && text[colon - 1] == ']';
        endPoint = null;
        return (isPlain || isBracketed) && colon < text.Length - 1 && IPEndPoint.TryParse(text, out endPoint);
    }
}
