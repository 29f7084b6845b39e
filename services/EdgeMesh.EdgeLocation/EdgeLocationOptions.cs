using System.Net;
using System.Security.Cryptography.X509Certificates;
using EdgeMesh.Admin;
using EdgeMesh.Caching;
using EdgeMesh.Relay;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Upstreams;
using Microsoft.Extensions.Options;

namespace EdgeMesh.EdgeLocation;

/// <summary>What a user says of an edge location. Immutable.</summary>
public sealed class EdgeLocationOptions
{
    // A share that leaves room for calls in flight, connections and the runtime itself.
    private const int MemoryShare = 4;

    /// <summary>Name, like <c>LHR50-1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The Region: scheme, host and port.</summary>
    public required Uri Region { get; init; }

    /// <summary>Where it listens: <c>ADDRESS:PORT</c>. Default <c>127.0.0.1:6401</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:6401";

    /// <summary>Where it is administered: <c>ADDRESS:PORT</c>; null: on loopback, at the port of <see cref="Listen"/> and 100.</summary>
    public string? AdminListen { get; init; }

    /// <summary>Budget of the cache in bytes, 1 MiB to 64 GiB, for everything that the cache holds; null: a quarter of the memory that this process may use.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Where other nodes and clients reach it; null: where it listens.</summary>
    public string? AdvertisedAddress { get; init; }

    /// <summary>PEM file with the certificate and its chain; null: cleartext HTTP/2.</summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>PEM file with the private key.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>Whether it may serve cleartext beyond loopback.</summary>
    public bool Insecure { get; init; }

    /// <summary>How long running calls may go on after a stop was asked for. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Version of the program, as other nodes see it.</summary>
    public string Version { get; init; } = typeof(EdgeLocationOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The budget in force.</summary>
    internal long EffectiveCacheBytes => CacheBytes ?? Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare, SlabStore.MinCapacityBytes, SlabStore.MaxCapacityBytes);

    /// <summary>Everything that a start would refuse before it takes a port; one line a fault, beginning with the option's name.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        try
        {
            Validate().Certificate?.Dispose();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }

    /// <summary>Checks everything.</summary>
    /// <exception cref="OptionsValidationException">One line a fault.</exception>
    internal (IPEndPoint EndPoint, IPEndPoint AdminEndPoint, X509Certificate2? Certificate) Validate()
    {
        var failures = new List<string>();
        if (NodeNames.FindViolation(V1.NodeKind.EdgeLocation, Name) is { } name)
        {
            failures.Add($"--name {name}");
        }

        if (!Upstream.IsAddress(Region))
        {
            failures.Add($"--region must be an http or https URL with host and port only, like http://127.0.0.1:6400, got \"{Region}\"");
        }

        if (CacheBytes is { } bytes && bytes is < SlabStore.MinCapacityBytes or > SlabStore.MaxCapacityBytes)
        {
            failures.Add($"--cache-bytes must be {SlabStore.MinCapacityBytes} to {SlabStore.MaxCapacityBytes}, got {bytes}");
        }

        if (AdvertisedAddress is not null && !(Uri.TryCreate(AdvertisedAddress, UriKind.Absolute, out var advertised) && Upstream.IsAddress(advertised)))
        {
            failures.Add($"--advertise must be an http or https URL with host and port only, got \"{AdvertisedAddress}\"");
        }

        var (endPoint, certificate) = new ListenerOptions(Listen, TlsCertificatePath, TlsKeyPath, Insecure).Validate(failures);
        var adminEndPoint = new AdminListenerOptions(AdminListen, certificate is not null, Insecure).Validate(endPoint, failures);
        return failures.Count == 0 ? (endPoint!, adminEndPoint!, certificate) : throw new OptionsValidationException("EdgeLocation", typeof(EdgeLocationOptions), failures);
    }
}
