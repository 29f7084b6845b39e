using System.Security.Cryptography;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Client.Mesh;

/// <summary>The mesh as a client last knew it, in a file that outlives it: so that it finds nodes when it starts again and no bootstrap address answers.</summary>
/// <remarks>
/// A mark, the SHA-256 of what follows, and a WatchMeshResponse whose first node is the home. It is replaced whole (a file beside it, renamed over it), so that a reader sees the former or the new one;
/// what is not whole, is longer than <see cref="MaxBytes"/> or cannot be read is as none. Several clients may share it: the last one's word stays. Reading and writing never throw: what failed is in
/// <see cref="Fault"/>. Not thread-safe but for that: one loop owns it.
/// </remarks>
internal sealed class MeshFile(string path)
{
    /// <summary>Twice what a node tells at most.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    private static readonly byte[] Mark = "EdgeMesh mesh 1\n"u8.ToArray();

    private volatile string? _fault;

    /// <summary>Why the last reading or writing failed, for people; null: it did not.</summary>
    public string? Fault => _fault;

    /// <summary>Reads it.</summary>
    /// <returns>Null: there is none, or none that can be read.</returns>
    public MeshModel? Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length <= MaxBytes && Parse(file) is { } mesh)
            {
                return mesh;
            }

            _fault = $"{path}: not a whole file of this program's";
        }
        catch (FileNotFoundException)
        {
            // The first start.
        }
        catch (Exception fault) when (IsOfFile(fault))
        {
            _fault = $"{path}: {fault.Message}";
        }

        return null;
    }

    /// <summary>Replaces it.</summary>
    /// <param name="mesh">The mesh, as a node told it.</param>
    /// <param name="home">Where calls go now.</param>
    public void Write(MeshModel mesh, string home)
    {
        // A name of one's own: clients that share the file do not write into one another's.
        var beside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            var body = ToMessage(mesh, home).ToByteArray();
            if (body.Length > MaxBytes - Mark.Length - SHA256.HashSizeInBytes)
            {
                _fault = $"{path}: the mesh has {body.Length} bytes; at most {MaxBytes} are kept";
                return;
            }

            File.WriteAllBytes(beside, [.. Mark, .. SHA256.HashData(body), .. body]);
            File.Move(beside, path, overwrite: true);
            _fault = null;
        }
        catch (Exception fault) when (IsOfFile(fault))
        {
            _fault = $"{path}: {fault.Message}";
            TryDelete(beside);
        }
    }

    private static MeshModel? Parse(FileStream file)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var head = Mark.Length + SHA256.HashSizeInBytes;
        if (bytes.Length < head || !bytes.AsSpan().StartsWith(Mark) || !SHA256.HashData(bytes.AsSpan(head)).AsSpan().SequenceEqual(bytes.AsSpan(Mark.Length, SHA256.HashSizeInBytes)))
        {
            return null;
        }

        return MeshReader.Read(WatchMeshResponse.Parser.ParseFrom(bytes.AsSpan(head)));
    }

    /// <summary>Nodes at the addresses where they were reached, the home first.</summary>
    private static WatchMeshResponse ToMessage(MeshModel mesh, string home)
    {
        var message = mesh.Told.Clone();
        foreach (var member in message.Nodes)
        {
            member.Address = mesh.FindNode(member.Name)?.Address.GetLeftPart(UriPartial.Authority) ?? member.Address;
        }

        if (message.Nodes.FirstOrDefault(member => member.Name == home) is { } first)
        {
            message.Nodes.Remove(first);
            message.Nodes.Insert(0, first);
        }

        return message;
    }

    private static void TryDelete(string beside)
    {
        try
        {
            File.Delete(beside);
        }
        catch (Exception fault) when (IsOfFile(fault))
        {
            // It was never there, or the disk is gone with it; the first fault says why.
        }
    }

    private static bool IsOfFile(Exception fault) => fault is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException or InvalidProtocolBufferException;
}
