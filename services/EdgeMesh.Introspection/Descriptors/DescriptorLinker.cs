using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Puts a pool's files in dependency order and resolves their names.</summary>
internal static class DescriptorLinker
{
    public static DescriptorSet Link(DescriptorPool pool, bool allowMissingImports, ExtensionRegistry extensions)
    {
        var ordered = InDependencyOrder(pool, allowMissingImports);
        try
        {
            return new DescriptorSet(FileDescriptor.BuildFromByteStrings(ordered.Select(file => file.Bytes), extensions));
        }
        // The library throws whatever its code runs into on descriptors that no compiler would write (KeyNotFound, NullReference, IndexOutOfRange...).
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DescriptorException($"descriptors cannot be linked: {e.Message}", e);
        }
    }

    // Depth first with its own stack: the length of a chain of imports is the sender's choice.
    private static List<DescriptorFile> InDependencyOrder(DescriptorPool pool, bool allowMissingImports)
    {
        var ordered = new List<DescriptorFile>();
        var done = new Dictionary<string, bool>(StringComparer.Ordinal);
        var path = new Stack<(DescriptorFile File, int Next)>();
        foreach (var root in pool.Files)
        {
            Enter(root);
            while (path.TryPop(out var top))
            {
                if (top.Next == top.File.Imports.Count)
                {
                    done[top.File.Name] = true;
                    ordered.Add(top.File);
                    continue;
                }

                path.Push((top.File, top.Next + 1));
                var name = top.File.Imports[top.Next];
                var import = pool.FindFile(name)
                    ?? (allowMissingImports ? Empty(name) : throw new DescriptorException($"{top.File.Name}: import \"{name}\" is missing"));
                Enter(import);
            }
        }

        return ordered;

        void Enter(DescriptorFile file)
        {
            if (done.TryAdd(file.Name, false))
            {
                path.Push((file, 0));
            }
            else if (!done[file.Name])
            {
                throw new DescriptorException($"{file.Name}: imports form a circle");
            }
        }
    }

    private static DescriptorFile Empty(string name)
    {
        var proto = new FileDescriptorProto { Name = name, Syntax = "proto3" };
        return DescriptorFile.Create(proto.ToByteString(), proto);
    }
}
