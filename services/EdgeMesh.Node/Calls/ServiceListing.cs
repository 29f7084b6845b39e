using EdgeMesh.Introspection;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;

namespace EdgeMesh.Node.Calls;

/// <summary>What a server says that it serves, by its reflection.</summary>
internal static class ServiceListing
{
    /// <summary>Asks for services and their methods.</summary>
    /// <param name="client">To the server's reflection.</param>
    /// <param name="prefix">Start of full service names; null: all.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public static async Task<ServicesJson> ReadAsync(ReflectionClient client, string? prefix, CancellationToken cancellationToken)
    {
        var services = new List<ServiceJson>();
        foreach (var name in await client.ListServicesAsync(cancellationToken))
        {
            if (!name.StartsWith(prefix ?? "", StringComparison.Ordinal))
            {
                continue;
            }

            var types = (await client.FetchAsync(name, cancellationToken)).Link(allowMissingImports: true);
            var methods = types.FindService(name)?.Methods.Select(method => new MethodJson(
                method.Name, method.InputType.FullName, method.OutputType.FullName, method.IsClientStreaming, method.IsServerStreaming));
            services.Add(new(name, [.. methods ?? []]));
        }

        return new(services);
    }

    /// <summary>Writes one row per method.</summary>
    public static void Write(Terminal terminal, ServicesJson listing)
    {
        var table = new TextTable("Method", "Request", "Response");
        foreach (var service in listing.Services)
        {
            foreach (var method in service.Methods)
            {
                table.Add($"{service.Name}/{method.Name}", Describe(method.ClientStreaming, method.Request), Describe(method.ServerStreaming, method.Response));
            }
        }

        table.Write(terminal.OutConsole, terminal.OutIsTerminal);
    }

    private static string Describe(bool isStream, string message) => isStream ? $"stream of {message}" : message;
}
