using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeMesh.Relay.Hosting;

/// <summary>A node's certificate and trust, in force for every handshake that begins from now on; follows its files.</summary>
/// <remarks>
/// Thread-safe. A handshake reads one model; connections live on with the one that they began with, so that a change drops no call. Files
/// that cannot be used are logged, and the model from before stays. Models that were replaced are left to the garbage collector, since a
/// handshake may still use them. The model is written by the watch's one check at a time, or by <see cref="Follow"/> while no watch is
/// there: (1) a check reads the old files, (2) new files are followed, (3) the check would write what it read, cannot be, since (2)
/// begins with the end of the watch, which waits for its check.
/// </remarks>
public sealed class NodeTls : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logging;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private volatile TlsModel _current;
    private TlsFiles _files;
    private FileWatch? _watch;

    /// <summary>Begins to follow files.</summary>
    /// <param name="files">The files; none: <paramref name="current"/> stays for ever.</param>
    /// <param name="current">What they held when they were checked.</param>
    /// <param name="time">The clock of the watch, and of expiry.</param>
    /// <param name="logging">Where logs go. They are its own: it is there before the server is.</param>
    public NodeTls(TlsFiles files, TlsModel current, TimeProvider time, Action<ILoggingBuilder> logging)
    {
        (_files, _current, _time) = (files, current, time);
        _logging = LoggerFactory.Create(logging);
        _log = _logging.CreateLogger<NodeTls>();
        _watch = Watch(files);
        Reload(files);
    }

    /// <summary>What is in force.</summary>
    public TlsModel Current => _current;

    /// <summary>Follows other files, or the same ones as they are now.</summary>
    /// <exception cref="OptionsValidationException">They cannot be used, one line a fault: what was in force stays.</exception>
    public void Follow(TlsFiles files)
    {
        lock (_lock)
        {
            _watch?.Dispose();
            _watch = Watch(files);
            try
            {
                var failures = new List<string>();
                var model = files.Read(_time.GetUtcNow(), failures);
                if ((model ?? _current).Certificate is null != _current.Certificate is null)
                {
                    failures.Add("--tls-cert needs a restart: a listener cannot change between TLS and cleartext while it is open");
                }

                Replace(failures.Count == 0 ? model! : throw new OptionsValidationException("Tls", typeof(TlsFiles), failures));
                _files = files;
            }
            catch
            {
                _watch?.Dispose();
                _watch = Watch(_files);
                Reload(_files);
                throw;
            }
        }
    }

    /// <summary>How to answer a handshake on one of the node's listeners.</summary>
    /// <param name="connection">Features of the connection: gets <see cref="ClientIntermediates"/>.</param>
    /// <remarks>Any client certificate is taken for what it is, an identity of its holder; whoever asks for a role judges it.</remarks>
    public SslServerAuthenticationOptions CreateServerOptions(IFeatureCollection connection)
    {
        var model = _current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = model.Certificate,
            ClientCertificateRequired = true,

            // A resumed session has no intermediates of the client.
            AllowTlsResume = model.ClientAuthorities is null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,

            // A peer's certificate names addresses to fetch more from: nothing is fetched.
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                if (certificate is not null && chain is not null && model.ClientAuthorities is not null)
                {
                    connection.Set(ClientIntermediates.CopyFrom(chain));
                }

                return true;
            },
        };
    }

    /// <summary>How to begin a handshake with the node's upstream: with its own certificate, trusting whom it trusts.</summary>
    /// <param name="host">The upstream's name, which its certificate must be for.</param>
    public SslClientAuthenticationOptions CreateClientOptions(string host)
    {
        var model = _current;
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificateContext = model.Certificate,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (model.UpstreamAuthorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _watch?.Dispose();
            _logging.Dispose();
        }
    }

    private FileWatch? Watch(TlsFiles files) => files.Paths.Count == 0 ? null : new FileWatch(files.Paths, _time, () => Reload(files));

    private void Reload(TlsFiles files)
    {
        if (files.Paths.Count == 0)
        {
            return;
        }

        var failures = new List<string>();
        if (files.Read(_time.GetUtcNow(), failures) is { } model)
        {
            Replace(model);
        }
        else
        {
            _log.FilesUnusable(string.Join("; ", failures));
        }
    }

    private void Replace(TlsModel model)
    {
        var before = _current.Certificate?.TargetCertificate;
        _current = model;
        if (model.Certificate?.TargetCertificate is { } certificate && certificate.Thumbprint != before?.Thumbprint)
        {
            _log.CertificateChanged(certificate.Subject, certificate.NotAfter.ToUniversalTime());
        }
    }
}
