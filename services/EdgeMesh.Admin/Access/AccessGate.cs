using System.Globalization;
using System.Net;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgeMesh.Admin.Access;

/// <summary>Which of a node's listeners a gate stands at, and what it asks there.</summary>
public enum GateKind
{
    /// <summary>The admin listener on loopback: no credential is needed, and one that is presented must be right.</summary>
    LocalAdmin,

    /// <summary>The admin listener beyond loopback: all but what is open needs a credential.</summary>
    RemoteAdmin,

    /// <summary>A Region's data listener: control methods need a credential, all others are not this gate's business.</summary>
    Data,
}

/// <summary>Stands between routing and endpoints, and lets pass who may.</summary>
/// <remarks>
/// It judges the endpoint that routing chose, by that endpoint's own path, never the caller's spelling. Steps: (1) what browsers send on
/// behalf of websites is refused: a request with <c>origin</c>, or with a <c>sec-fetch-site</c> that names another page as its cause
/// (Fetch Metadata), and, where no credential is needed, one whose host is a name (DNS rebinding); (2) the table's line; (3) the credential; (4) the path must be spelt as the endpoint's. Immutable; thread-safe.
/// </remarks>
public sealed class AccessGate(GateKind kind, Authenticator authenticator)
{
    private const string Localhost = "localhost";
    private const string SecFetchSite = "sec-fetch-site";
    private const string TypedByUser = "none";

    /// <summary>Puts the gate into an application, after its routing.</summary>
    public void Use(IApplicationBuilder app) => app.Use(next => context => Judge(context) is { } refusal ? refusal.WriteAsync(context) : next(context));

    /// <summary>Fails unless every endpoint has its line in the table.</summary>
    /// <exception cref="InvalidOperationException">It names those without.</exception>
    internal static void CheckAll(IEndpointRouteBuilder endpoints)
    {
        var missing = endpoints.DataSources.SelectMany(source => source.Endpoints).Select(PathOf).Where(path => !IsPattern(path) && !AccessRules.TryFind(path, out _)).ToList();
        if (missing.Count > 0)
        {
            throw new InvalidOperationException($"Not in AccessRules: {string.Join(", ", missing)}");
        }
    }

    private Refusal? Judge(HttpContext context)
    {
        var path = PathOf(context.GetEndpoint());
        if (kind == GateKind.Data && !AccessRules.IsControl(path))
        {
            return null;
        }

        // 1
        if (kind != GateKind.Data && IsOfWebPage(context.Request.Headers))
        {
            return Refusal.Denied("requests from web pages are not answered here");
        }

        // 2
        if (!AccessRules.TryFind(path, out var least))
        {
            least = AccessRules.Unknown;
        }

        if (least is { } needed)
        {
            // 3
            var (identity, fault) = authenticator.Authenticate(context);
            if (fault is not null)
            {
                return Refusal.Unauthenticated(fault);
            }

            if (identity is null && kind == GateKind.LocalAdmin)
            {
                if (!IsAddressOrLocalhost(context.Request.Host))
                {
                    return Refusal.Denied("without a credential this listener answers to an IP address or localhost as host, not to other names");
                }

                identity = CallerIdentity.Local;
            }

            if (identity is null)
            {
                return Refusal.Unauthenticated($"a credential with the role {needed.Show()} is needed: a token, or a client certificate");
            }

            if (identity.Role < needed)
            {
                return Refusal.Denied($"the role {needed.Show()} is needed, the credential has {identity.Role.Show()}");
            }

            context.Features.Set(identity);
        }

        // 4. Routing takes other cases, and slashes at the end, for the same.
        return IsPattern(path) || path.Equals(context.Request.Path.Value, StringComparison.Ordinal) ? null : Refusal.NotFound;
    }

    private static string PathOf(Endpoint? endpoint) => (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "";

    /// <summary>Nothing, or what the gRPC stack maps to say UNIMPLEMENTED: these answer for paths that are nobody's.</summary>
    private static bool IsPattern(string path) => path.Length == 0 || path.Contains('{', StringComparison.Ordinal);

    /// <summary>Images and scripts that a page names are fetched without <c>origin</c>.</summary>
    private static bool IsOfWebPage(IHeaderDictionary headers) =>
        headers.Origin.Count > 0 || (headers.TryGetValue(SecFetchSite, out var site) && site != TypedByUser);

    private static bool IsAddressOrLocalhost(HostString host) =>
        !host.HasValue || host.Host.Equals(Localhost, StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Host.AsSpan().Trim("[]"), out _);

    /// <summary>An answer in the words of whoever asked: gRPC or HTTP.</summary>
    private sealed record Refusal(GrpcStatusCode Status, int HttpStatus, string Message)
    {
        public static Refusal NotFound { get; } = new(GrpcStatusCode.Unimplemented, StatusCodes.Status404NotFound, "there is nothing under this path: it is spelt in another way");

        public static Refusal Unauthenticated(string message) => new(GrpcStatusCode.Unauthenticated, StatusCodes.Status401Unauthorized, message);

        public static Refusal Denied(string message) => new(GrpcStatusCode.PermissionDenied, StatusCodes.Status403Forbidden, message);

        public Task WriteAsync(HttpContext context)
        {
            var response = context.Response;
            if (context.Request.ContentType?.StartsWith(HeaderNames.GrpcContentType, StringComparison.OrdinalIgnoreCase) is true)
            {
                response.ContentType = HeaderNames.GrpcContentType;
                response.Headers[HeaderNames.GrpcStatus] = ((int)Status).ToString(CultureInfo.InvariantCulture);
                response.Headers[HeaderNames.GrpcMessage] = PercentEncoding.Encode(Message);
                return Task.CompletedTask;
            }

            response.StatusCode = HttpStatus;
            response.ContentType = "text/plain; charset=utf-8";
            if (HttpStatus == StatusCodes.Status401Unauthorized)
            {
                response.Headers.WWWAuthenticate = "Bearer";
            }

            return response.WriteAsync(Message + "\n");
        }
    }
}
