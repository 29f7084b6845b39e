using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace EdgeMesh.Storage.Bodies;

/// <summary>The directory of body files: where they lie, how one comes to be there durably, how it goes.</summary>
/// <remarks>
/// <code>
/// bodies/tmp/ID      being written; swept at start
/// bodies/00 .. ff/ID finished; ID begins with the directory's name
/// </code>
/// A finished file is immutable, and unlinking it takes nothing from a reader that has it open: the kernel keeps the bytes until the
/// last handle is closed. Thread-safe.
/// </remarks>
internal sealed class BodyDirectory
{
    private const int IdBytes = 16;
    /// <summary>The directory's name in the data directory.</summary>
    internal const string Name = "bodies";

    /// <summary>How many digits of an id name its shard.</summary>
    internal const int ShardDigits = 2;

    private const int ShardCount = 256;

    private readonly string _root;
    private readonly string _temporary;

    /// <summary>Makes all directories that are missing, and their names durable: later only files are created.</summary>
    internal BodyDirectory(string dataDirectory)
    {
        _root = Path.Combine(dataDirectory, Name);
        _temporary = Path.Combine(_root, "tmp");
        DurableFiles.CreateDirectory(_root);
        Directory.CreateDirectory(_temporary);
        foreach (var shard in Shards)
        {
            Directory.CreateDirectory(Path.Combine(_root, shard));
        }

        DurableFiles.SyncDirectory(_root);
    }

    /// <summary>The names of the directories that finished bodies are spread over.</summary>
    internal static IEnumerable<string> Shards => Enumerable.Range(0, ShardCount).Select(shard => shard.ToString("x2", null));

    /// <summary>A new body's id: never used before, never guessed.</summary>
    internal static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>Creates the file of a body that is about to be written.</summary>
    internal SafeFileHandle Create(string id) =>
        File.OpenHandle(TemporaryPath(id), FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);

    /// <summary>Makes a written file a finished body: blocks until content and name would survive power loss.</summary>
    internal void Publish(string id, SafeFileHandle file)
    {
        var final = FinalPath(id);
        RandomAccess.FlushToDisk(file);
        File.Move(TemporaryPath(id), final, overwrite: true);
        DurableFiles.SyncDirectory(Path.GetDirectoryName(final)!);
    }

    /// <summary>Opens a finished body.</summary>
    /// <exception cref="FileNotFoundException">It is not there: removed meanwhile, or lost.</exception>
    internal SafeFileHandle OpenRead(string id) =>
        File.OpenHandle(FinalPath(id), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);

    /// <summary>Removes a body that was never finished.</summary>
    internal void RemoveTemporary(string id) => File.Delete(TemporaryPath(id));

    /// <summary>Removes a finished body to which no metadata refers any more.</summary>
    internal void Remove(string id) => File.Delete(FinalPath(id));

    /// <summary>The finished bodies of one shard.</summary>
    internal IEnumerable<string> List(string shard) => Directory.EnumerateFiles(Path.Combine(_root, shard)).Select(path => Path.GetFileName(path));

    /// <summary>The bodies that were being written.</summary>
    internal IEnumerable<string> ListTemporary() => Directory.EnumerateFiles(_temporary).Select(path => Path.GetFileName(path));

    /// <summary>Where a finished body lies.</summary>
    internal string FinalPath(string id) => Path.Combine(_root, id[..ShardDigits], id);

    /// <summary>Where a file lies that nothing refers to yet.</summary>
    internal string TemporaryPath(string id) => Path.Combine(_temporary, id);
}
