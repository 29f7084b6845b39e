using System.CommandLine;
using System.Globalization;
using System.Net;
using EdgeMesh.Demo.V1;
using EdgeMesh.Introspection;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;
using EdgeMesh.Relay.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Node.Greeting;

/// <summary><c>edgemesh greeter</c>: an ordinary gRPC server, for the demo of workloads.</summary>
/// <remarks>As a workload it is told its port by the variable that workloads have for that; it ends with SIGTERM, once running calls have.</remarks>
internal sealed class GreeterCommand : CliCommand
{
    private const string PortVariable = "PORT";
    private const int DefaultPort = 9000;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private readonly Option<int?> _port = CliOption.Value<int?>("--port", "PORT", $"Where it listens, on 127.0.0.1; 0: any free one. Default: the variable {PortVariable}, or else {DefaultPort}.", TryReadPort);

    /// <summary>Creates the command.</summary>
    public GreeterCommand(Terminal terminal)
        : base(
            "greeter",
            "Runs an ordinary gRPC server, demo.v1.GreeterService, with health and reflection: something to place in a Local Zone where nothing else is at hand.",
            ["edgemesh greeter --port 9000", "edgemesh call 127.0.0.1:9000 demo.v1.GreeterService/Greet -d '{\"name\": \"you\"}'"],
            terminal) => Add(_port);

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var given = Environment.GetEnvironmentVariable(PortVariable);
        var port = parsed.GetValue(_port) ?? (given is null ? DefaultPort
            : TryReadPort(given, out var fromVariable, out var error) ? fromVariable!.Value
            : throw new CliException($"{PortVariable} '{given}': {error}", ExitCodes.Usage));
        var builder = NodeHost.CreateBuilder(new IPEndPoint(IPAddress.Loopback, port), tls: null, logging => logging.SetMinimumLevel(LogLevel.None), ShutdownTimeout);
        builder.Services.AddGrpc();
        builder.Services.AddNodeIntrospection((_, introspection) => introspection.Services.Add(GreeterService.Descriptor));
        await using var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<GreeterGrpcService>();
        app.MapNodeIntrospection();
        try
        {
            await NodeHost.StartAsync(app, "--port", new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        }
        catch (ListenException fault)
        {
            throw new CliException($"{FailureMessage.OneLine(fault.Message)}. {fault.Option} chooses another port.", inner: fault);
        }

        await Terminal.Out.WriteLineAsync($"demo.v1.GreeterService listens on {TargetAddress.Show(NodeHost.GetAddress(app))}");
        await Terminal.Out.FlushAsync(cancellationToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
        return ExitCodes.Success;
    }

    private static bool TryReadPort(string text, out int? port, out string error)
    {
        error = "want a port, 0 to 65535";
        port = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= IPEndPoint.MaxPort ? number : null;
        return port is not null;
    }
}
