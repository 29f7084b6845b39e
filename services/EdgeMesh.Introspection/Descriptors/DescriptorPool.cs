using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Descriptor files under one set of names: what a server's reflection answers from, and what a <see cref="DescriptorSet"/> is linked from.</summary>
/// <remarks>
/// Files come in any order, imports after those that need them too. Two servers may both have a <c>common.proto</c>: each gets its own pool.
/// Filled by one thread; once filled, read by many.
/// </remarks>
public sealed class DescriptorPool
{
    private readonly Dictionary<string, DescriptorFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DescriptorFile> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, DescriptorFile>> _extensions = new(StringComparer.Ordinal);
    private readonly DescriptorLimits _limits;

    /// <summary>Makes an empty pool.</summary>
    public DescriptorPool(DescriptorLimits? limits = null) => _limits = limits ?? DescriptorLimits.Default;

    /// <summary>All files, as they came.</summary>
    public IReadOnlyCollection<DescriptorFile> Files => _files.Values;

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; private set; }

    /// <summary>Full names of all services, sorted.</summary>
    public IReadOnlyList<string> Services => [.. _files.Values.SelectMany(file => file.Services).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Names of files that are imported and not there; protobuf's own files are never missing.</summary>
    public IReadOnlyList<string> MissingImports =>
        [.. _files.Values.SelectMany(file => file.Imports).Where(name => FindFile(name) is null).Distinct(StringComparer.Ordinal)];

    /// <summary>Makes a pool of files compiled into this program, and all that they import.</summary>
    public static DescriptorPool Of(IEnumerable<FileDescriptor> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var pool = new DescriptorPool();
        var waiting = new Stack<FileDescriptor>(files);
        while (waiting.TryPop(out var file))
        {
            if (!pool._files.ContainsKey(file.Name))
            {
                pool.Add(DescriptorFile.Create(file.SerializedData, file.ToProto()));
                foreach (var import in file.Dependencies)
                {
                    waiting.Push(import);
                }
            }
        }

        return pool;
    }

    /// <summary>Reads a serialized <c>google.protobuf.FileDescriptorSet</c>, as <c>protoc --descriptor_set_out --include_imports</c> writes it.</summary>
    /// <param name="bytes">The set.</param>
    /// <param name="source">What to call it in errors: a path.</param>
    /// <param name="limits">How much of it is accepted.</param>
    /// <exception cref="DescriptorException">It is malformed, too large, or lacks an import.</exception>
    public static DescriptorPool Parse(ReadOnlySpan<byte> bytes, string source, DescriptorLimits? limits = null)
    {
        var pool = new DescriptorPool(limits);
        try
        {
            foreach (var proto in FileDescriptorSet.Parser.ParseFrom(bytes).File)
            {
                pool.Add(DescriptorFile.Create(proto.ToByteString(), proto));
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new DescriptorException($"{source}: not a FileDescriptorSet: {e.Message}", e);
        }
        catch (DescriptorException e)
        {
            throw new DescriptorException($"{source}: {e.Message}", e);
        }

        return pool._files.Count == 0 ? throw new DescriptorException($"{source}: no file in the set")
            : pool.MissingImports is [var missing, ..] ? throw new DescriptorException($"{source}: import \"{missing}\" is missing: write the set with --include_imports")
            : pool;
    }

    /// <summary>Reads a file written by <c>protoc --descriptor_set_out --include_imports</c>.</summary>
    /// <exception cref="DescriptorException">It cannot be read, or is not a complete set.</exception>
    public static DescriptorPool Load(string path, DescriptorLimits? limits = null)
    {
        limits ??= DescriptorLimits.Default;
        try
        {
            var length = new FileInfo(path).Length;
            return length > limits.MaxBytes
                ? throw new DescriptorException($"{path}: {length} bytes, more than the limit of {limits.MaxBytes}")
                : Parse(File.ReadAllBytes(path), path, limits);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new DescriptorException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Adds a file.</summary>
    /// <returns>False when it was there already.</returns>
    /// <exception cref="DescriptorException">Another file has its name, or a limit is reached.</exception>
    public bool Add(DescriptorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (_files.TryGetValue(file.Name, out var present))
        {
            return present.Bytes == file.Bytes ? false : throw new DescriptorException($"{file.Name}: two different files have this name");
        }

        if (_files.Count >= _limits.MaxFiles)
        {
            throw new DescriptorException($"{file.Name}: more files than the limit of {_limits.MaxFiles}");
        }

        if (Bytes + file.Bytes.Length > _limits.MaxBytes)
        {
            throw new DescriptorException($"{file.Name}: {Bytes + file.Bytes.Length} bytes in all, more than the limit of {_limits.MaxBytes}");
        }

        Bytes += file.Bytes.Length;
        _files.Add(file.Name, file);
        foreach (var symbol in DescriptorSymbols.Of(file.Proto))
        {
            _symbols.TryAdd(symbol, file);
        }

        foreach (var (extendee, number) in DescriptorSymbols.ExtensionsOf(file.Proto))
        {
            if (!_extensions.TryGetValue(extendee, out var numbers))
            {
                _extensions.Add(extendee, numbers = []);
            }

            numbers.TryAdd(number, file);
        }

        return true;
    }

    /// <summary>Whether all of these files could be added: none has the name of a different one.</summary>
    public bool Accepts(IEnumerable<DescriptorFile> files) =>
        files.All(file => !_files.TryGetValue(file.Name, out var present) || present.Bytes == file.Bytes);

    /// <summary>The file of that name, or null. Protobuf's own files are always found.</summary>
    public DescriptorFile? FindFile(string name) => _files.TryGetValue(name, out var file) ? file : WellKnownFiles.Find(name);

    /// <summary>The file that declares a full name (no leading dot), or null.</summary>
    public DescriptorFile? FindSymbol(string symbol) => _symbols.GetValueOrDefault(symbol);

    /// <summary>The file that declares an extension, or null.</summary>
    public DescriptorFile? FindExtension(string extendee, int number) => _extensions.GetValueOrDefault(extendee)?.GetValueOrDefault(number);

    /// <summary>Numbers of all extensions of a message type, rising.</summary>
    public IReadOnlyList<int> ExtensionNumbers(string extendee) => _extensions.TryGetValue(extendee, out var numbers) ? [.. numbers.Keys] : [];

    /// <summary>A file and all that it imports, itself first. Missing imports are left out.</summary>
    public IReadOnlyList<DescriptorFile> WithImports(DescriptorFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var seen = new HashSet<string>(StringComparer.Ordinal) { file.Name };
        var found = new List<DescriptorFile> { file };
        for (var i = 0; i < found.Count; i++)
        {
            foreach (var name in found[i].Imports)
            {
                if (seen.Add(name) && FindFile(name) is { } import)
                {
                    found.Add(import);
                }
            }
        }

        return found;
    }

    /// <summary>Resolves all names.</summary>
    /// <param name="allowMissingImports">Takes a missing import as an empty file: some servers drop files of which they use only options.</param>
    /// <param name="extensions">Custom options to decode, where wanted.</param>
    /// <exception cref="DescriptorException">An import is missing, imports form a circle, or a name cannot be resolved.</exception>
    public DescriptorSet Link(bool allowMissingImports = false, ExtensionRegistry? extensions = null) =>
        DescriptorLinker.Link(this, allowMissingImports, extensions ?? []);
}
