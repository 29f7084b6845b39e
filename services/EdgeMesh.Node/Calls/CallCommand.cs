using System.CommandLine;
using EdgeMesh.Introspection;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using Grpc.Core;

namespace EdgeMesh.Node.Calls;

/// <summary><c>edgemesh call</c>.</summary>
internal sealed class CallCommand : CliCommand
{
    /// <summary>Reflection answers at once or not at all.</summary>
    private static readonly TimeSpan ReflectionTimeout = TimeSpan.FromSeconds(10);

    private readonly Argument<Uri> _target = CliOption.Argument<Uri>("TARGET", "Any gRPC server: a node, or your own. HOST:PORT is cleartext HTTP/2.", TargetAddress.TryRead);
    private readonly Argument<string?> _method = CliOption.OptionalArgument<string>("METHOD", "SERVICE/METHOD by full name; with --list the start of service names.", PlainText.TryRead);
    private readonly Option<string[]> _messages = CliOption.ManyTexts("--message", "JSON", "Request as JSON: one value, or several for a method that takes a stream; @FILE: from a file; @ or -: from standard input, each sent as it comes. Default: an empty message.");
    private readonly Option<KeyValuePair<string, string>[]> _headers = CliOption.Many<KeyValuePair<string, string>>("--header", "NAME:VALUE", "Request metadata; base64 for a name that ends in -bin.", KeyValue.TryReadHeader);
    private readonly Option<Duration?> _deadline = CliOption.Value<Duration?>("--deadline", "TIME", "The call's deadline; default: none.", Duration.TryReadOptional);
    private readonly Option<bool> _defaults = CliOption.Flag("--emit-defaults", "Write fields that have their default value too.");
    private readonly Option<bool> _verbose = CliOption.Flag("--verbose", "Write response metadata, trailers, status and time on standard error.");
    private readonly Option<bool> _list = CliOption.Flag("--list", "List services and methods instead.");
    private readonly Option<bool> _json = CliOption.Json();
    private readonly TrustOption _trust;

    /// <summary>Creates the command.</summary>
    public CallCommand(Terminal terminal)
        : base(
            "call",
            "Calls any method of any service that has server reflection, of all four types: JSON in, JSON out, one line per answer when redirected.",
            [
                "edgemesh call 127.0.0.1:6401 --list",
                "edgemesh call 127.0.0.1:6401 edgemesh.v1.ObjectStoreService/HeadObject -d '{\"bucket\": \"demo\", \"key\": \"hello.txt\"}' -v",
                "edgemesh call 127.0.0.1:6401 shop.v1.Catalog/GetProduct -d '{\"id\": \"42\"}' -H 'authorization: Bearer TOKEN' --deadline 2s",
                "cat requests.json | edgemesh call localhost:9000 shop.v1.Catalog/Import -d @",
            ],
            terminal)
    {
        _messages.Aliases.Add("-d");
        _headers.Aliases.Add("-H");
        _verbose.Aliases.Add("-v");
        Add(_target);
        Add(_method);
        Add(_messages);
        Add(_headers);
        Add(_deadline);
        _trust = new(this);
        Add(_defaults);
        Add(_verbose);
        Add(_list);
        Add(_json);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Type> JsonContracts => [typeof(CallJson), typeof(ServicesJson)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var connection = new TargetConnection(parsed.GetRequiredValue(_target), ReflectionTimeout, TimeProvider.System, _trust.Read(parsed));
        var reflection = new ReflectionClient(connection.Channel.CreateCallInvoker());
        var name = parsed.GetValue(_method);
        var json = parsed.GetValue(_json);
        if (parsed.GetValue(_list))
        {
            var services = await AskAsync(connection, cancellation => ServiceListing.ReadAsync(reflection, name, cancellation), cancellationToken);
            if (json)
            {
                JsonOutput.Write(Terminal, services);
            }
            else
            {
                ServiceListing.Write(Terminal, services);
            }

            return ExitCodes.Success;
        }

        if (name is null)
        {
            throw new CliException("METHOD: want SERVICE/METHOD; --list shows which there are", ExitCodes.Usage);
        }

        var headers = MetadataText.Read(parsed.GetRequiredValue(_headers));
        var format = new ProtoJsonOptions { Indented = Terminal.OutIsTerminal && !json, EmitDefaults = parsed.GetValue(_defaults) };
        var method = await AskAsync(connection, cancellation => reflection.GetMethodAsync(name, format, cancellation), cancellationToken);
        var sources = parsed.GetRequiredValue(_messages);
        if (sources.Length == 0 && !method.Descriptor.IsClientStreaming)
        {
            sources = [JsonRequests.Empty];
        }

        var requests = new JsonRequests(Terminal.Input).ReadAsync(sources, cancellationToken);
        var deadline = parsed.GetValue(_deadline) is { } limit ? TimeProvider.System.GetUtcNow().UtcDateTime + limit.Time : (DateTime?)null;
        var run = new CallRun(Terminal, TimeProvider.System);
        return await run.RunAsync(connection, method, requests, new CallOptions(headers, deadline, cancellationToken), parsed.GetValue(_verbose), json);
    }

    /// <summary>Asks the server's reflection, and explains why that failed.</summary>
    private static async Task<T> AskAsync<T>(TargetConnection connection, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReflectionTimeout, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var address = TargetAddress.Show(connection.Target);
        try
        {
            return await ask(both.Token);
        }
        catch (Exception exception) when (limit.IsCancellationRequested && exception is RpcException or OperationCanceledException)
        {
            throw new CliException($"{address}: its server reflection did not answer within {ReflectionTimeout.TotalSeconds:0} s", inner: exception);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            throw new CliException($"{address} has no server reflection: a call in JSON needs it", inner: exception);
        }
        catch (NotDescribedException exception)
        {
            throw new CliException(
                $"{address} does not describe \"{exception.Symbol}\", and a call in JSON needs that: --list shows what it describes; a Region describes an origin's services when started with --origin-reflection or --origin-descriptors",
                inner: exception);
        }
        catch (RpcException exception)
        {
            throw new TargetException(connection.Target, ReflectionTimeout, exception);
        }
        catch (DescriptorException exception)
        {
            throw new CliException($"{address}: its server reflection cannot be used: {exception.Message}", inner: exception);
        }
        catch (ArgumentException exception)
        {
            throw new CliException($"METHOD: {FailureMessage.OneLine(exception)}", ExitCodes.Usage, exception);
        }
    }
}
