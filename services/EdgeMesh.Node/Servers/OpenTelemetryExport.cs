using EdgeMesh.Node.CommandLine;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EdgeMesh.Node.Servers;

/// <summary>Sends traces and metrics to an OpenTelemetry collector, as the standard <c>OTEL_</c> variables say.</summary>
/// <remarks>
/// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The SDK reads them all but those that decide here whether there is
/// anything to do: with no endpoint set, or OTEL_SDK_DISABLED=true, nothing is made and nothing costs.
/// </remarks>
internal sealed class OpenTelemetryExport : IDisposable
{
    private const string OwnNames = "EdgeMesh.*";

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private OpenTelemetryExport(TracerProvider? traces, MeterProvider? metrics)
    {
        _traces = traces;
        _metrics = metrics;
    }

    /// <summary>Starts what the variables ask for.</summary>
    /// <param name="node">The node's name: <c>service.instance.id</c>.</param>
    /// <param name="environment">A variable's value, or null.</param>
    public static OpenTelemetryExport Start(string node, Func<string, string?> environment)
    {
        var isDisabled = string.Equals(environment("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        return new OpenTelemetryExport(
            IsWanted("TRACES") ? Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(OwnNames).AddOtlpExporter().Build() : null,
            IsWanted("METRICS") ? Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(OwnNames, "System.Runtime").AddOtlpExporter().Build() : null);

        bool IsWanted(string signal) =>
            !isDisabled
            && (environment($"OTEL_{signal}_EXPORTER") is null or "" or "otlp")
            && (!string.IsNullOrEmpty(environment("OTEL_EXPORTER_OTLP_ENDPOINT")) || !string.IsNullOrEmpty(environment($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")));

        // What the variables say of the resource goes before what is said here.
        void Describe(ResourceBuilder resource) =>
            resource.AddService("edgemesh", serviceVersion: VersionCommand.Number, serviceInstanceId: node).AddEnvironmentVariableDetector();
    }

    /// <summary>Sends what is left, and stops.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
