using System.Globalization;
using System.Text.Json;
using EdgeMesh.Introspection;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using Grpc.Core;

namespace EdgeMesh.Node.Calls;

/// <summary>Makes one call and writes what comes: answers on standard output, all about them on standard error, or both as one JSON document.</summary>
/// <param name="terminal">Where it is written.</param>
/// <param name="time">Measures the call.</param>
internal sealed class CallRun(Terminal terminal, TimeProvider time)
{
    /// <summary>Makes the call.</summary>
    /// <param name="connection">To the server.</param>
    /// <param name="method">What is called.</param>
    /// <param name="requests">JSON values, sent as they come.</param>
    /// <param name="options">Metadata, deadline, cancellation.</param>
    /// <param name="verbose">Whether metadata, status and time are written.</param>
    /// <param name="json">Whether all is written as one JSON document in the end.</param>
    /// <returns>0 for status OK, else 1.</returns>
    /// <exception cref="TargetException">The call failed, and <paramref name="json"/> is false.</exception>
    /// <exception cref="CliException">A request does not fit the method.</exception>
    public async Task<int> RunAsync(TargetConnection connection, DynamicMethod method, IAsyncEnumerable<string> requests, CallOptions options, bool verbose, bool json)
    {
        var started = time.GetTimestamp();
        using var call = method.Start(connection.Channel.CreateCallInvoker(), requests, options);
        var messages = new List<JsonElement>();
        RpcException? failure = null;
        try
        {
            var isFirst = true;
            await foreach (var message in call.ReadAllAsync(options.CancellationToken))
            {
                if (isFirst && verbose)
                {
                    WriteFields("response metadata", await call.ResponseHeadersAsync);
                }

                isFirst = false;
                if (json)
                {
                    messages.Add(JsonDocument.Parse(message).RootElement);
                }
                else
                {
                    await terminal.Out.WriteLineAsync(message);
                    await terminal.Out.FlushAsync();
                }
            }
        }
        catch (RpcException exception)
        {
            failure = exception;
        }
        catch (Exception exception) when (exception is ProtoJsonException or ArgumentException)
        {
            throw new CliException($"--message: {FailureMessage.OneLine(exception)}", ExitCodes.Usage, exception);
        }

        options.CancellationToken.ThrowIfCancellationRequested();
        var elapsed = time.GetElapsedTime(started);
        var trailers = failure?.Trailers ?? call.GetTrailers();
        var status = StatusNames.Of(failure?.StatusCode ?? StatusCode.OK);
        if (json)
        {
            var headers = await HeadersAsync(call);
            JsonOutput.Write(terminal, new CallJson(
                $"{method.Descriptor.Service.FullName}/{method.Descriptor.Name}",
                MetadataText.Show(headers),
                messages,
                status,
                failure?.Status.Detail ?? "",
                MetadataText.Show(trailers),
                Math.Round(elapsed.TotalMilliseconds, 3)));
            return failure is null ? ExitCodes.Success : ExitCodes.Failed;
        }

        if (verbose)
        {
            WriteFields("trailers", trailers);
            await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"status {status} in {elapsed.TotalMilliseconds:0.0} ms"));
        }

        if (call.UnknownFields > 0)
        {
            await terminal.Error.WriteLineAsync($"{call.UnknownFields} field values are not in the descriptor, and not in the JSON");
        }

        return failure is null ? ExitCodes.Success : throw new TargetException(connection.Target, null, failure);
    }

    /// <summary>A call that failed before its headers came has none.</summary>
    private static async Task<Metadata> HeadersAsync(DynamicCall call)
    {
        try
        {
            return await call.ResponseHeadersAsync;
        }
        catch (RpcException)
        {
            return [];
        }
    }

    private void WriteFields(string title, Metadata metadata)
    {
        terminal.Error.WriteLine($"{title}:");
        foreach (var field in MetadataText.Show(metadata))
        {
            terminal.Error.WriteLine($"  {field.Name}: {field.Value}");
        }
    }
}
