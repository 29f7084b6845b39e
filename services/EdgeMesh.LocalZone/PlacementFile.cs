using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeMesh.Storage;
using EdgeMesh.Storage.Bodies;

namespace EdgeMesh.LocalZone;

/// <summary>What a zone keeps of its Region's word: one small file of its data directory.</summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class PlacementFile
{
    private PlacementFile(string path) => Path = path;

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Finds it in a directory, which is created if need be.</summary>
    /// <exception cref="DataDirectoryException">The directory cannot be created.</exception>
    public static PlacementFile Open(string dataDirectory)
    {
        try
        {
            return new(System.IO.Path.Combine(Directory.CreateDirectory(dataDirectory).FullName, "placement.json"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"'{dataDirectory}' cannot be created: {fault.Message}", fault);
        }
    }

    /// <summary>What was kept; null: nothing yet.</summary>
    /// <exception cref="DataDirectoryException">It cannot be read, or is damaged.</exception>
    public KeptPlacement? Read()
    {
        try
        {
            return File.Exists(Path) ? JsonSerializer.Deserialize(File.ReadAllBytes(Path), KeptPlacementContext.Default.KeptPlacement) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DataDirectoryException($"'{Path}' cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Keeps it.</summary>
    /// <exception cref="IOException">It cannot be written: what was kept before stays.</exception>
    public void Write(KeptPlacement placement) =>
        DurableFiles.Replace(Path, JsonSerializer.SerializeToUtf8Bytes(placement, KeptPlacementContext.Default.KeptPlacement));
}

/// <summary>What is kept.</summary>
/// <param name="Group">The zone's group: another one's word is not taken over.</param>
/// <param name="Enabled">Whether it was opted into.</param>
internal sealed record KeptPlacement(string Group, bool Enabled);

/// <summary>The form of the file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeptPlacement))]
internal sealed partial class KeptPlacementContext : JsonSerializerContext;
