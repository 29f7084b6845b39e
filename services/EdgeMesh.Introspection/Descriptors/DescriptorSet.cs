using Google.Protobuf.Reflection;

namespace EdgeMesh.Introspection;

/// <summary>Linked descriptors by full name: what dynamic messages and calls are made from. Immutable; thread-safe.</summary>
/// <remarks>Protobuf's own types are always found, also when no file imports them: an Any may hold one.</remarks>
public sealed class DescriptorSet
{
    private readonly Dictionary<string, MessageDescriptor> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceDescriptor> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FieldDescriptor> _extensionsByName = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Extendee, int Number), FieldDescriptor> _extensionsByNumber = [];

    /// <summary>Makes a set of linked files.</summary>
    public DescriptorSet(IEnumerable<FileDescriptor> files)
    {
        Files = [.. files];
        foreach (var file in Files.Concat(WellKnownFiles.All))
        {
            foreach (var message in file.MessageTypes)
            {
                AddMessage(message);
            }

            foreach (var service in file.Services)
            {
                _services.TryAdd(service.FullName, service);
            }

            AddExtensions(file.Extensions.UnorderedExtensions);
        }
    }

    /// <summary>Protobuf's own types and no others.</summary>
    public static DescriptorSet WellKnown { get; } = new([]);

    /// <summary>The files, imports before those that need them.</summary>
    public IReadOnlyList<FileDescriptor> Files { get; }

    /// <summary>All services.</summary>
    public IReadOnlyCollection<ServiceDescriptor> Services => _services.Values;

    /// <summary>The message type of that full name (<c>shop.v1.Product</c>), or null.</summary>
    public MessageDescriptor? FindMessage(string fullName) => _messages.GetValueOrDefault(fullName);

    /// <summary>The service of that full name (<c>shop.v1.Catalog</c>), or null.</summary>
    public ServiceDescriptor? FindService(string fullName) => _services.GetValueOrDefault(fullName);

    /// <summary>The method of that name, as <c>shop.v1.Catalog/GetProduct</c> or <c>shop.v1.Catalog.GetProduct</c>, with or without a leading slash, or null.</summary>
    public MethodDescriptor? FindMethod(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        var name = fullName.AsSpan().TrimStart('/');
        var split = name.LastIndexOfAny('/', '.');
        return split < 0 ? null : FindService(name[..split].ToString())?.FindMethodByName(name[(split + 1)..].ToString());
    }

    internal FieldDescriptor? FindExtension(string fullName) => _extensionsByName.GetValueOrDefault(fullName);

    internal FieldDescriptor? FindExtension(string extendee, int number) => _extensionsByNumber.GetValueOrDefault((extendee, number));

    private void AddMessage(MessageDescriptor message)
    {
        _messages.TryAdd(message.FullName, message);
        AddExtensions(message.Extensions.UnorderedExtensions);
        foreach (var nested in message.NestedTypes)
        {
            AddMessage(nested);
        }
    }

    private void AddExtensions(IEnumerable<FieldDescriptor> extensions)
    {
        foreach (var extension in extensions)
        {
            _extensionsByName.TryAdd(extension.FullName, extension);
            _extensionsByNumber.TryAdd((extension.ExtendeeType.FullName, extension.FieldNumber), extension);
        }
    }
}
