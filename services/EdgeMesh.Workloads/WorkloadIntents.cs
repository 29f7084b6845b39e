using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads;

/// <summary>What was asked of workloads beyond their configuration: scaled, drained, stopped. One small file of the node's data directory, so that a node that comes back does what it did before.</summary>
/// <remarks>
/// As desired counts in ECS and Kubernetes outlive a machine. A count holds until the configuration has another one than when it was asked for; <c>run</c> goes back to the configuration. Without a
/// data directory nothing is kept. Thread-safe: one lock owns the list and the file.
/// </remarks>
internal sealed class WorkloadIntents(string? dataDirectory, ILogger log)
{
    private readonly Lock _lock = new();
    private readonly string? _path = dataDirectory is null ? null : Path.Combine(Path.GetFullPath(dataDirectory), "workloads.json");
    private Dictionary<string, WorkloadIntent> _intents = [];

    /// <summary>Takes what was kept, of workloads that there still are.</summary>
    /// <exception cref="DataDirectoryException">It cannot be read, or is damaged.</exception>
    public void Read(IEnumerable<WorkloadOptions> workloads)
    {
        try
        {
            var kept = _path is not null && File.Exists(_path) ? JsonSerializer.Deserialize(File.ReadAllBytes(_path), WorkloadIntentsContext.Default.DictionaryStringWorkloadIntent) : null;
            lock (_lock)
            {
                _intents = workloads.Where(workload => kept?.ContainsKey(workload.Name) == true).ToDictionary(workload => workload.Name, workload => kept![workload.Name]);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataDirectoryException($"'{_path}' cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>What was asked last; null: nothing.</summary>
    public WorkloadIntent? Find(string workload)
    {
        lock (_lock)
        {
            return _intents.GetValueOrDefault(workload);
        }
    }

    /// <summary>Keeps what is asked now; null: what the configuration says.</summary>
    public void Keep(string workload, WorkloadIntent? intent)
    {
        lock (_lock)
        {
            if (_intents.GetValueOrDefault(workload) == intent)
            {
                return;
            }

            if (intent is null)
            {
                _intents.Remove(workload);
            }
            else
            {
                _intents[workload] = intent;
            }

            try
            {
                if (_path is not null)
                {
                    DurableFiles.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(_intents, WorkloadIntentsContext.Default.DictionaryStringWorkloadIntent));
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // It is done all the same: whoever stops a workload on a full disk may be making room.
                log.IntentNotKept(workload, _path!, fault.Message);
            }
        }
    }
}

/// <summary>What was asked of a workload.</summary>
/// <param name="State">Whether it is to run.</param>
/// <param name="Replicas">How many of it.</param>
/// <param name="Configured">How many its configuration said then.</param>
internal sealed record WorkloadIntent(IntendedState State, int Replicas, int Configured);

/// <summary>What a workload is to do.</summary>
internal enum IntendedState
{
    /// <summary>It takes calls.</summary>
    Running,

    /// <summary>Its processes run and take none.</summary>
    Drained,

    /// <summary>It has no processes.</summary>
    Stopped,
}

/// <summary>The form of the file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, WorkloadIntent>))]
internal sealed partial class WorkloadIntentsContext : JsonSerializerContext;
