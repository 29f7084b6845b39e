using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads;

/// <summary>What was asked of workloads beyond their configuration: scaled, drained, stopped. One small file of the node's data directory, so that a node that comes back does what it did before.</summary>
/// <remarks>
/// As desired counts in ECS and Kubernetes outlive a machine. A count holds until the configuration has another one than when it was asked for; <c>run</c> goes back to the configuration. Without a
/// data directory nothing is kept. Thread-safe: one lock owns the list, whoever is in <c>_writing</c> the file.
/// </remarks>
internal sealed class WorkloadIntents(string? dataDirectory, ILogger log) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string? _path = dataDirectory is null ? null : Path.Combine(Path.GetFullPath(dataDirectory), "workloads.json");
    private readonly SemaphoreSlim _writing = new(1);
    private Dictionary<string, WorkloadIntent> _intents = [];
    private long _lastChange;
    private long _lastWritten;

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

    /// <summary>Keeps what is asked now, before it is done; null: what the configuration says.</summary>
    /// <remarks>One write for all that wait for one: (1) a change is noted, and waits while another is being written; (2) the next write has it with all others noted until then; (3) who waited finds it written.</remarks>
    public async Task KeepAsync(string workload, WorkloadIntent? intent)
    {
        long change;
        lock (_lock)
        {
            if (_intents.GetValueOrDefault(workload) == intent)
            {
                return;
            }

            change = ++_lastChange;
            if (intent is null)
            {
                _intents.Remove(workload);
            }
            else
            {
                _intents[workload] = intent;
            }
        }

        if (_path is null)
        {
            return;
        }

        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_lastWritten >= change)
            {
                return;
            }

            byte[] content;
            lock (_lock)
            {
                (content, change) = (JsonSerializer.SerializeToUtf8Bytes(_intents, WorkloadIntentsContext.Default.DictionaryStringWorkloadIntent), _lastChange);
            }

            DurableFiles.Replace(_path, content);
            _lastWritten = change;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is done all the same: whoever stops a workload on a full disk may be making room.
            log.IntentNotKept(workload, _path, fault.Message);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();
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
