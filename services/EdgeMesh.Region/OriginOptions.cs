using EdgeMesh.Relay.Upstreams;

namespace EdgeMesh.Region;

/// <summary>A gRPC service of the user's, or several, that a Region fronts.</summary>
/// <param name="ServicePrefix">What full service names begin with: <c>shop.v1.</c>. The longest prefix wins.</param>
/// <param name="Address">Scheme, host and port: <c>http://127.0.0.1:9000</c> (cleartext HTTP/2) or <c>https://...</c>.</param>
public sealed record OriginOptions(string ServicePrefix, Uri Address)
{
    /// <summary>Prefixes of the Region's own services, which no origin can take.</summary>
    internal static readonly string[] OwnPrefixes = ["edgemesh.v1.", "grpc.health.v1.", "grpc.reflection."];

    private const int MaxPrefixChars = 200;

    /// <summary>Whether the origin's own server reflection is asked for its services. Default: it is not.</summary>
    public bool Reflection { get; init; }

    /// <summary>A file from <c>protoc --descriptor_set_out --include_imports</c> in place of its reflection; null: none.</summary>
    public string? DescriptorSetPath { get; init; }

    /// <summary>Reads <c>PREFIX=URL</c>.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="origin">The origin.</param>
    /// <param name="error">What is wrong, to follow the option's name.</param>
    public static bool TryParse(string text, out OriginOptions? origin, out string? error)
    {
        origin = null;
        error = null;
        var equals = text.IndexOf('=');
        if (equals < 1)
        {
            error = $"must be PREFIX=URL, like shop.v1.=http://127.0.0.1:9000, got \"{text}\"";
            return false;
        }

        var (prefix, url) = (text[..equals], text[(equals + 1)..]);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
        {
            error = $"must have an absolute http or https URL after '=', got \"{url}\"";
            return false;
        }

        var parsed = new OriginOptions(prefix, address);
        error = parsed.FindViolation();
        origin = error is null ? parsed : null;
        return error is null;
    }

    /// <summary>Whether calls for another origin go where those for this one go.</summary>
    internal bool IsSamePlace(OriginOptions other) => (ServicePrefix, Address) == (other.ServicePrefix, other.Address);

    /// <summary>What is wrong with it, to follow the option's name; null: nothing.</summary>
    internal string? FindViolation()
    {
        if (ServicePrefix.Length is 0 or > MaxPrefixChars || ServicePrefix.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '.' or '_')) || ServicePrefix[0] == '.')
        {
            return $"must have a prefix of 1 to {MaxPrefixChars} characters a-z, A-Z, 0-9, '_' and '.' that begins a service's full name, got \"{ServicePrefix}\"";
        }

        if (OwnPrefixes.FirstOrDefault(own => own.StartsWith(ServicePrefix, StringComparison.Ordinal) || ServicePrefix.StartsWith(own, StringComparison.Ordinal)) is { } taken)
        {
            return $"must not take the Region's own services ({taken}), got \"{ServicePrefix}\"";
        }

        return Upstream.IsAddress(Address)
            ? null
            : $"must have an http or https URL with host and port only, got \"{Address}\"";
    }
}
