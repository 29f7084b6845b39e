using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Output;
using EdgeMesh.Relay.Hosting;

namespace EdgeMesh.Node.Servers;

/// <summary>The life of a node's process: start, say that it is ready, wait for the end, stop in order.</summary>
/// <remarks>
/// It ends in one of five ways: SIGINT or SIGTERM (orderly, exit code 0); standard input at its end, when the parent
/// asked for that (orderly, exit code 0); a failed start (its exception); a background loop that fails (orderly, exit code 1: whoever
/// supervises it starts it anew); a second signal (at once).
/// </remarks>
/// <param name="terminal">Standard output carries the ready line, standard input may end the run.</param>
/// <param name="interruption">Ends the run.</param>
/// <param name="time">Measures how long stopping may take.</param>
internal sealed class NodeRun(Terminal terminal, Interruption interruption, TimeProvider time)
{
    /// <summary>Beyond the node's own limit for running calls: time to close files and sockets.</summary>
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(5);

    /// <summary>Runs a node to its end.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="shutdownTimeout">How long running calls may take after the end was asked for; read then.</param>
    /// <param name="exitOnStdinClose">True: the end of standard input asks for the end, and Ctrl-C and SIGHUP are the parent's to handle.</param>
    /// <param name="start">Starts the node; complete when it listens.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    /// <exception cref="CliException">It cannot listen there.</exception>
    public async Task<int> RunAsync(string name, Func<TimeSpan> shutdownTimeout, bool exitOnStdinClose, Func<CancellationToken, Task<StartedNode>> start)
    {
        if (exitOnStdinClose)
        {
            interruption.LeaveTerminalToParent();
            StartWatchingInput();
        }

        StartedNode started;
        try
        {
            started = await start(interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return ExitCodes.Success;
        }
        catch (ListenException exception)
        {
            throw new CliException($"{FailureMessage.OneLine(exception.Message)}. {exception.Option} chooses another address.", inner: exception);
        }

        await terminal.Out.WriteLineAsync(new AdminLine(name, started.AdminAddress).ToString());
        await terminal.Out.WriteLineAsync(new ReadyLine(name, started.Address).ToString());
        await terminal.Out.FlushAsync();
        var failure = await WaitForEndAsync(started);
        if (failure is not null)
        {
            await terminal.Error.WriteLineAsync($"edgemesh: {name} cannot go on, and stops: {string.Join(" ", FailureMessage.Of(failure).Lines)}");
        }

        var code = await StopAsync(name, started, shutdownTimeout());
        return failure is null ? code : ExitCodes.Failed;
    }

    /// <returns>Why the node ends by itself; null: it is asked to.</returns>
    private async Task<Exception?> WaitForEndAsync(StartedNode started)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = interruption.Token.Register(ended.SetResult);
        return await Task.WhenAny(ended.Task, started.Failure) == started.Failure ? await started.Failure : null;
    }

    private async Task<int> StopAsync(string name, StartedNode started, TimeSpan shutdownTimeout)
    {
        try
        {
            using var limit = new CancellationTokenSource(shutdownTimeout, time);
            await started.StopAsync(limit.Token).WaitAsync(shutdownTimeout + StopMargin, time);
            await started.Node.DisposeAsync().AsTask().WaitAsync(StopMargin, time);
            return ExitCodes.Success;
        }
        catch (TimeoutException)
        {
            await terminal.Error.WriteLineAsync($"edgemesh: {name} did not stop in time and is ended as it is.");
            return ExitCodes.Failed;
        }
    }

    /// <summary>Waits for the end of standard input on a thread of its own: a blocking read cannot be cancelled, and must not keep the process alive.</summary>
    private void StartWatchingInput()
    {
        var thread = new Thread(() =>
        {
            var buffer = new byte[256];
            try
            {
                while (terminal.Input.Read(buffer) > 0)
                {
                    // What a parent may write there means nothing: only the end counts.
                }
            }
            catch (IOException)
            {
                // Gone in another way is gone as well.
            }

            interruption.Request();
        })
        {
            IsBackground = true,
            Name = "standard input",
        };
        thread.Start();
    }
}
