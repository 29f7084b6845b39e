using EdgeMesh.Admin.Access;
using EdgeMesh.Region.Topology;
using EdgeMesh.Relay;
using EdgeMesh.V1;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Status = Grpc.Core.Status;

namespace EdgeMesh.Region.Zones;

/// <summary>Serves <c>edgemesh.v1.ZoneService</c>: which groups of Local Zones take placements.</summary>
/// <remarks>Thread-safe; <see cref="ZoneGroups"/> holds the state; who may call is <see cref="AccessRules"/>'s to say.</remarks>
internal sealed class ZoneGrpcService(ZoneGroups groups, TopologyState topology, TopologyOptions options, ILogger<ZoneGrpcService> log) : ZoneService.ZoneServiceBase
{
    /// <inheritdoc/>
    public override Task<ListZoneGroupsResponse> ListZoneGroups(ListZoneGroupsRequest request, ServerCallContext context)
    {
        var zones = ReadZones();
        var response = new ListZoneGroupsResponse();
        response.Groups.AddRange(groups.Current.OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => Describe(group.Key, group.Value, zones)));
        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override Task<SetZoneGroupResponse> SetZoneGroup(SetZoneGroupRequest request, ServerCallContext context)
    {
        var violation = !NodeNames.IsZoneGroup(request.Name) ? NodeNames.ZoneGroupRule
            : NodeNames.ParentOf(request.Name) != options.RegionName ? $"must begin with this Region's name, {options.RegionName}"
            : null;
        if (violation is not null)
        {
            throw ArgumentFaults.ToRpcException([new BadRequest.Types.FieldViolation { Field = "name", Description = $"{violation}; is {NodeNames.Quote(request.Name)}" }]);
        }

        try
        {
            if (!groups.TrySet(request.Name, request.Enabled))
            {
                var known = string.Join(", ", groups.Current.Keys.Order(StringComparer.Ordinal));
                throw new RpcException(new Status(StatusCode.NotFound, $"no zone of group {request.Name} has joined Region {options.RegionName}, nor does --zone-group name it; known groups: {(known.Length > 0 ? known : "none")}"));
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.GroupNotKept(request.Name, fault);
            throw new RpcException(new Status(StatusCode.Unavailable, $"Region {options.RegionName} could not keep the change of {request.Name}: {fault.Message}"));
        }

        log.GroupSet(request.Name, request.Enabled ? "enabled" : "disabled");
        return Task.FromResult(new SetZoneGroupResponse { Group = Describe(request.Name, request.Enabled, ReadZones()) });
    }

    private static ZoneGroup Describe(string name, bool enabled, ILookup<string, NodeInfo> zones)
    {
        var group = new ZoneGroup { Name = name, Enabled = enabled };
        group.Zones.AddRange(zones[name]);
        return group;
    }

    private ILookup<string, NodeInfo> ReadZones() => topology.ListNodes().Where(node => node.Kind == NodeKind.LocalZone).ToLookup(node => node.ZoneGroup);
}
