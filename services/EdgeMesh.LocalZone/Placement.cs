using EdgeMesh.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.LocalZone;

/// <summary>Whether a zone takes placements: whether its Region says that its group is opted into.</summary>
/// <remarks>
/// What was said last holds while the Region is away, and, where there is a data directory, after a restart without it: static stability. A zone that was never told takes none.
/// Written by the link's thread alone; read by all.
/// </remarks>
internal sealed class Placement
{
    private readonly string _zone;
    private readonly PlacementFile? _file;
    private readonly ILogger _log;
    private volatile Told? _told;

    /// <summary>Begins with what was kept.</summary>
    /// <param name="zone">The zone's name.</param>
    /// <param name="group">Its group.</param>
    /// <param name="file">Where it is kept; null: nowhere.</param>
    /// <param name="log">Each change.</param>
    public Placement(string zone, string group, PlacementFile? file, ILogger<Placement> log)
    {
        (_zone, Group, _file, _log) = (zone, group, file, log);
        if (file?.Read() is { } kept && kept.Group == group)
        {
            _told = new Told(kept.Enabled, IsKept: true);
        }
    }

    /// <summary>The zone's group.</summary>
    public string Group { get; }

    /// <summary>Whether services may be placed here.</summary>
    public bool IsEnabled => _told is { IsEnabled: true };

    /// <summary>Takes what a topology says of this zone.</summary>
    /// <returns>Whether that is another answer than before.</returns>
    public bool Learn(JoinResponse topology)
    {
        if (topology.Nodes.FirstOrDefault(node => node.Name == _zone) is not { } self)
        {
            return false;
        }

        var before = _told;
        if (before is { IsKept: false } && before.IsEnabled == self.ZoneGroupEnabled)
        {
            return false;
        }

        _told = new Told(self.ZoneGroupEnabled, IsKept: false);
        if (before?.IsEnabled != self.ZoneGroupEnabled)
        {
            _log.GroupIs(Group, self.ZoneGroupEnabled ? "enabled: calls to services placed here are answered here" : "disabled: every call is passed on");
            Keep(self.ZoneGroupEnabled);
        }

        return before?.IsEnabled != self.ZoneGroupEnabled;
    }

    /// <summary>For people, in one line.</summary>
    public string Describe() => _told switch
    {
        { IsEnabled: true } => $"zone group {Group} is enabled",
        { IsEnabled: false } => $"zone group {Group} is disabled: every call is passed on (edgemesh zones enable {Group}, at the Region)",
        null => $"zone group {Group}: not told yet whether it is enabled, so every call is passed on",
    };

    private void Keep(bool enabled)
    {
        try
        {
            _file?.Write(new KeptPlacement(Group, enabled));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It holds while this process lives; after a restart without the Region the zone goes by what was kept before.
            _log.NotKept(_file!.Path, fault.Message);
        }
    }

    /// <param name="IsEnabled">What was said.</param>
    /// <param name="IsKept">Whether that was read at the start; else the Region said so to this process.</param>
    private sealed record Told(bool IsEnabled, bool IsKept);
}
