using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeMesh.Relay;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;

namespace EdgeMesh.Region.Zones;

/// <summary>The groups of Local Zones that a Region knows, and which of them are opted into: one file of its data directory.</summary>
/// <remarks>
/// A group that nobody has opted into takes no placements, as in AWS. Thread-safe: one lock owns the list and the file. A change is on the disk
/// before it is told to anybody.
/// </remarks>
internal sealed class ZoneGroups
{
    /// <summary>Most groups: more metropolitan areas than anybody serves from one Region.</summary>
    public const int MaxGroups = 1000;

    private const string FileName = "zone-groups.json";

    private readonly Lock _gate = new();
    private readonly string _path;
    private Dictionary<string, bool> _groups;

    private ZoneGroups(string path, Dictionary<string, bool> groups) => (_path, _groups) = (path, groups);

    /// <summary>Raised after each change, in order, under the lock: handlers must be quick and not come back.</summary>
    public event Action<IReadOnlyDictionary<string, bool>>? Changed;

    /// <summary>Each group, and whether it is opted into. Not to be changed.</summary>
    public IReadOnlyDictionary<string, bool> Current
    {
        get
        {
            lock (_gate)
            {
                return _groups;
            }
        }
    }

    /// <summary>Reads the groups of a data directory, which its owner has locked.</summary>
    /// <param name="dataDirectory">Where they are kept.</param>
    /// <param name="optedIn">Those that are opted into from the start, unless the directory knows them already.</param>
    /// <exception cref="DataDirectoryException">Their file cannot be read or written, or is not one.</exception>
    public static ZoneGroups Open(string dataDirectory, IEnumerable<string> optedIn)
    {
        var path = Path.Combine(dataDirectory, FileName);
        try
        {
            var kept = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ZoneGroupsContext.Default.DictionaryStringBoolean) ?? [] : [];
            if (!kept.Keys.All(NodeNames.IsZoneGroup))
            {
                throw new DataDirectoryException($"'{path}' is damaged: not every entry is a zone group");
            }

            var groups = new ZoneGroups(path, kept);
            var fresh = optedIn.Where(name => !kept.ContainsKey(name)).ToList();
            if (fresh.Count > 0)
            {
                groups.KeepLocked([.. kept, .. fresh.Distinct().Select(name => KeyValuePair.Create(name, true))]);
            }

            return groups;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataDirectoryException($"'{path}' cannot be used: {fault.Message}", fault);
        }
    }

    /// <summary>Takes note of a group that a zone says it belongs to: it is not opted into until somebody does that.</summary>
    /// <returns>False: there are <see cref="MaxGroups"/> already.</returns>
    /// <exception cref="IOException">It cannot be kept: it is not known.</exception>
    public bool Note(string name)
    {
        lock (_gate)
        {
            if (_groups.ContainsKey(name))
            {
                return true;
            }

            if (_groups.Count >= MaxGroups)
            {
                return false;
            }

            KeepLocked([.. _groups, KeyValuePair.Create(name, false)]);
            return true;
        }
    }

    /// <summary>Opts a group in or out.</summary>
    /// <returns>False: no such group is known.</returns>
    /// <exception cref="IOException">It cannot be kept: nothing has changed.</exception>
    public bool TrySet(string name, bool enabled)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(name, out var before))
            {
                return false;
            }

            if (before != enabled)
            {
                KeepLocked(new Dictionary<string, bool>(_groups) { [name] = enabled });
            }

            return true;
        }
    }

    private void KeepLocked(IEnumerable<KeyValuePair<string, bool>> changed)
    {
        var groups = new Dictionary<string, bool>(changed, StringComparer.Ordinal);
        DurableFiles.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(groups, ZoneGroupsContext.Default.DictionaryStringBoolean));
        _groups = groups;
        Changed?.Invoke(groups);
    }
}

/// <summary>The form of the file: each group's name, and whether it is opted into.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, bool>))]
internal sealed partial class ZoneGroupsContext : JsonSerializerContext;
