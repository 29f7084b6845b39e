using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeMesh.Admin.Listening;

/// <summary>One of the two logical endpoints behind one port: connections that speak the given version of HTTP.</summary>
/// <param name="Address">Where the port is.</param>
/// <param name="Protocols"><see cref="HttpProtocols.Http1"/> or <see cref="HttpProtocols.Http2"/>.</param>
internal sealed class HttpVersionEndPoint(IPEndPoint address, HttpProtocols protocols) : EndPoint
{
    public IPEndPoint Address => address;

    public HttpProtocols Protocols => protocols;

    public override string ToString() => address.ToString();
}
