using Microsoft.Extensions.Logging;

namespace EdgeMesh.Relay.Hosting;

/// <remarks>Event ids 4100 to 4199.</remarks>
internal static partial class NodeTlsLog
{
    [LoggerMessage(4100, LogLevel.Information, "New handshakes show the certificate {Subject}, valid until {NotAfter:u}")]
    internal static partial void CertificateChanged(this ILogger log, string subject, DateTime notAfter);

    [LoggerMessage(4101, LogLevel.Error, "Certificates are not read again, those from before stay in force: {Faults}")]
    internal static partial void FilesUnusable(this ILogger log, string faults);
}
