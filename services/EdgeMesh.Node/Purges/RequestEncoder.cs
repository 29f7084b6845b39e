using System.CommandLine;
using EdgeMesh.Introspection;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Targets;
using EdgeMesh.V1;
using Google.Protobuf;
using Grpc.Core;

namespace EdgeMesh.Node.Purges;

/// <summary>Turns requests that a user named into the bytes that clients send for them.</summary>
/// <remarks>
/// JSON takes descriptors, which the Region's data listener gives by reflection. Fields are written in order of their numbers, as generated clients do.
/// </remarks>
internal static class RequestEncoder
{
    private static readonly TimeSpan ReflectionTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Encodes them.</summary>
    /// <param name="names">What the user typed.</param>
    /// <param name="connection">To the Region's admin listener, or with a token its data listener.</param>
    /// <param name="connect">Connects to another address of the same trust.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliException">A method is not described, or a message does not fit it.</exception>
    public static async Task<IReadOnlyList<InvalidatedRequest>> EncodeAsync(IReadOnlyList<RequestName> names, TargetConnection connection, Func<Uri, TargetConnection> connect, CancellationToken cancellationToken)
    {
        if (names.All(name => name.Json is null))
        {
            return [.. names.Select(name => Request(name, name.Bytes))];
        }

        var region = (await NodeListing.FetchAsync(connection, cancellationToken))[0];
        using var data = connect(new Uri(region.Address));
        var reflection = new ReflectionClient(data.Channel.CreateCallInvoker());
        var requests = new List<InvalidatedRequest>();
        foreach (var name in names)
        {
            requests.Add(Request(name, name.Json is null ? name.Bytes : await EncodeAsync(reflection, name, data.Target, cancellationToken)));
        }

        return requests;
    }

    private static async Task<byte[]> EncodeAsync(ReflectionClient reflection, RequestName name, Uri region, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ReflectionTimeout);
        try
        {
            return (await reflection.GetMethodAsync(name.Method, cancellation: limit.Token)).EncodeRequest(name.Json!);
        }
        catch (NotDescribedException exception)
        {
            throw new CliException($"--key: the Region does not describe \"{exception.Symbol}\", and a message in JSON needs that: start it with --origin-reflection or --origin-descriptors, or give the bytes as base64:", inner: exception);
        }
        catch (RpcException exception)
        {
            throw new TargetException(region, ReflectionTimeout, exception);
        }
        catch (Exception exception) when (exception is DescriptorException or ProtoJsonException or ArgumentException)
        {
            throw new CliException($"--key '{name.Method}': {FailureMessage.OneLine(exception)}", ExitCodes.Usage, exception);
        }
    }

    private static InvalidatedRequest Request(RequestName name, byte[] message) => new() { Method = name.Method, Message = ByteString.CopyFrom(message) };
}
