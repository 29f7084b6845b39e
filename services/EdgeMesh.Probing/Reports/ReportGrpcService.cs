using System.Globalization;
using System.Net;
using EdgeMesh.Latency.Reports;
using EdgeMesh.Latency.Samples;
using EdgeMesh.Probing.Messages;
using EdgeMesh.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Probing.Reports;

/// <summary>Serves <c>ReportLatency</c> of <c>edgemesh.v1.LatencyService</c> on every node.</summary>
/// <remarks>Open to all. What a report may hold is checked here; what it may count for is <see cref="ClientReports"/>' to say. Thread-safe.</remarks>
public sealed class ReportGrpcService(ClientReports reports) : LatencyService.LatencyServiceBase
{
    private const string Path = "/edgemesh.v1.LatencyService/ReportLatency";
    private const int MaxClientBytes = 64;

    /// <summary>Takes reports from here on; everything else goes by. A <see cref="ClientReports"/> must be registered.</summary>
    public static void Use(WebApplication app) => app.MapWhen(
        context => context.Request.Path.Value == Path,
        branch =>
        {
            branch.UseRouting();
            branch.UseEndpoints(endpoints => endpoints.MapGrpcService<ReportGrpcService>());
        });

    /// <inheritdoc/>
    public override Task<ReportLatencyResponse> ReportLatency(ReportLatencyRequest request, ServerCallContext context)
    {
        if (FindViolation(request) is { } violation)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, violation));
        }

        CoordinateMessages.TryRead(request.Coordinate, out var coordinate);
        var place = new ClientPlace(coordinate, PositionMessages.Read(request.Position));
        var from = context.GetHttpContext().Connection.RemoteIpAddress ?? IPAddress.None;
        return reports.Take(new ClientReport(from, request.Client.Memory, [.. ClientLatencyMessages.ReadBuckets(request.Buckets)], place)) switch
        {
            ReportOutcome.TooSoon => throw Exhausted($"one client reports at most every {ClientReports.LeastInterval.TotalSeconds} seconds"),
            ReportOutcome.TooManyClients => throw Exhausted($"one address has at most {ClientReports.MaxClientsPerAddress} clients that report"),
            _ => Task.FromResult(new ReportLatencyResponse { Interval = Duration.FromTimeSpan(ClientReports.Interval) }),
        };
    }

    private static RpcException Exhausted(string detail) => new(new Status(StatusCode.ResourceExhausted, detail));

    private static string? FindViolation(ReportLatencyRequest request)
    {
        if (request.Client.Length is < 1 or > MaxClientBytes)
        {
            return $"client: must be 1 to {MaxClientBytes} bytes; is {request.Client.Length}";
        }

        if (request.Buckets.Count > ClientLatencyMessages.MaxBuckets)
        {
            return $"buckets: must be at most {ClientLatencyMessages.MaxBuckets}; are {request.Buckets.Count}";
        }

        if (request.Coordinate is not null && !CoordinateMessages.TryRead(request.Coordinate, out _))
        {
            return "coordinate: must be 8 positions and an adjustment within 10 of zero, a height of 0 to 10, all in seconds, and an error of 0 or more";
        }

        if (request.Position is { } position && PositionMessages.Read(position) is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"position: must be a latitude from -90 to 90 and a longitude from -180 to 180, in degrees; is {position.Latitude}, {position.Longitude}");
        }

        for (var i = 0; i < request.Buckets.Count; i++)
        {
            if (!ClientLatencyMessages.ReadBuckets([request.Buckets[i]]).Any())
            {
                return $"buckets[{i}].latency: must be above 0 and at most {DDSketch.Highest.TotalSeconds} s; is {request.Buckets[i].Latency?.ToString() ?? "absent"}";
            }
        }

        return null;
    }
}
