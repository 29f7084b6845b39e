using System.Net;
using System.Net.Sockets;
using EdgeMesh.Admin;
using EdgeMesh.Latency.Positions;
using EdgeMesh.Relay.Hosting;
using EdgeMesh.Relay.Telemetry;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.Wire;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Sidecar;

/// <summary>What a user says of a sidecar. Immutable.</summary>
public sealed class SidecarOptions
{
    private const string UnixScheme = "unix:";
    private const int MaxAddresses = 64;

    /// <summary>Name in logs, metrics and its own errors: 1 to 64 letters, digits, dots, dashes and underscores. Default <c>sidecar</c>.</summary>
    public string Name { get; init; } = "sidecar";

    /// <summary>Nodes to ask who is in the mesh, any of which will do: scheme, host and port. 1 to 64.</summary>
    public required IReadOnlyList<Uri> Mesh { get; init; }

    /// <summary>PEM file with the roots that may sign nodes' certificates; null: those that the system trusts.</summary>
    public string? MeshAuthorityPath { get; init; }

    /// <summary>Where it listens: <c>ADDRESS:PORT</c>, or <c>unix:PATH</c>. Default <c>127.0.0.1:6440</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:6440";

    /// <summary>Where it is administered: <c>ADDRESS:PORT</c>; null: on loopback, at the port of <see cref="Listen"/> and 100, or any free one beside a socket file.</summary>
    public string? AdminListen { get; init; }

    /// <summary>Where it stands, as a first guess of which nodes are near; null: not known.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Name of the metadata whose value is a call's key: calls of one key go to one node; null: calls have no keys.</summary>
    public string? Sticky { get; init; }

    /// <summary>PEM file with the certificate and its chain; null: cleartext HTTP/2.</summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>PEM file with the private key.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>PEM file with the roots whose client certificates open the role that they name; null: none do.</summary>
    public string? ClientAuthorityPath { get; init; }

    /// <summary>Whether it may serve cleartext beyond loopback.</summary>
    public bool Insecure { get; init; }

    /// <summary>How long running calls may go on after a stop was asked for. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets a line for each call; null: nobody does. Its owner is the caller.</summary>
    public AccessLog? AccessLog { get; init; }

    /// <summary>Version of the program, for metrics.</summary>
    public string Version { get; init; } = typeof(SidecarOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The files of its certificate, and of whom it trusts.</summary>
    public TlsFiles TlsFiles => new(TlsCertificatePath, TlsKeyPath, ClientAuthorityPath, MeshAuthorityPath) { UpstreamOption = "--mesh-ca" };

    /// <summary>Everything that a start would refuse before it takes a port; one line a fault, beginning with the option's name.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        try
        {
            Validate();
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }

    /// <summary>Checks everything.</summary>
    /// <exception cref="OptionsValidationException">One line a fault.</exception>
    internal (EndPoint EndPoint, IPEndPoint AdminEndPoint, TlsModel Tls) Validate()
    {
        var failures = new List<string>();
        if (Name.Length is 0 or > 64 || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            failures.Add($"--name must be 1 to 64 letters, digits, dots, dashes and underscores, got \"{Name}\"");
        }

        if (Mesh.Count is 0 or > MaxAddresses)
        {
            failures.Add($"--mesh must be 1 to {MaxAddresses} addresses, got {Mesh.Count}");
        }

        foreach (var address in Mesh.Where(address => !Upstream.IsAddress(address)))
        {
            failures.Add($"--mesh must be http or https URLs with host and port only, like http://127.0.0.1:6401, got \"{address}\"");
        }

        if (Sticky is not null && (!MetadataRules.IsValidName(Sticky) || Sticky.StartsWith("grpc-", StringComparison.Ordinal)))
        {
            failures.Add($"--sticky must be a name of metadata, lower-case letters, digits, '-', '_' and '.', not of gRPC's own, got \"{Sticky}\"");
        }

        var (endPoint, tls) = ReadListener(failures);
        var adminEndPoint = new AdminListenerOptions(AdminListen, TlsCertificatePath is not null, Insecure)
            .Validate(endPoint is UnixDomainSocketEndPoint ? new IPEndPoint(IPAddress.Loopback, 0) : endPoint as IPEndPoint, failures);
        return failures.Count == 0 ? (endPoint!, adminEndPoint!, tls!) : throw new OptionsValidationException("Sidecar", typeof(SidecarOptions), failures);
    }

    /// <summary>A socket file is the machine's own, as loopback is; who may connect is what its directory and its mode say.</summary>
    private (EndPoint? EndPoint, TlsModel? Tls) ReadListener(List<string> failures)
    {
        if (!Listen.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return new ListenerOptions(Listen, TlsFiles, Insecure).Validate(failures);
        }

        var tls = TlsFiles.Read(TimeProvider.System.GetUtcNow(), failures);
        try
        {
            return (new UnixDomainSocketEndPoint(Path.GetFullPath(Listen[UnixScheme.Length..])), tls);
        }
        catch (ArgumentException fault)
        {
            failures.Add($"--listen must be unix:PATH with a path that a socket can have, got \"{Listen}\": {fault.Message.ReplaceLineEndings(" ")}");
            return (null, tls);
        }
    }
}
