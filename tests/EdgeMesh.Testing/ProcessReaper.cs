using System.Diagnostics;

namespace EdgeMesh.Testing;

/// <summary>Kills registered processes when this one ends, however it ends.</summary>
/// <remarks>
/// A shell reads process ids from a pipe that only this process holds open. When the pipe ends, be it after SIGKILL,
/// the shell kills each process that is still registered, its descendants first. (PR_SET_PDEATHSIG would not do: it
/// follows the thread that forked, and pool threads come and go.) Thread-safe. On Windows it does nothing.
/// </remarks>
public sealed class ProcessReaper : IDisposable
{
    private const string Script = """
        trap '' HUP INT TERM
        exec >/dev/null 2>&1
        ids=' '
        while read -r what id; do
          case $what in
            add) ids="$ids$id " ;;
            remove) case $ids in *" $id "*) ids="${ids%% "$id" *} ${ids#* "$id" }" ;; esac ;;
          esac
        done
        reap() {
          kill -STOP "$1"
          for child in $(cat /proc/"$1"/task/*/children); do (reap "$child"); done
          kill -9 "$1"
        }
        for id in $ids; do reap "$id"; done
        """;

    private static readonly Lazy<ProcessReaper> LazyShared = new(() => new ProcessReaper());

    private readonly Lock _gate = new();
    private readonly Process? _shell;

    /// <summary>Starts the shell. The first <c>kill</c> of each process stops it, so that it starts no more children while they are listed.</summary>
    public ProcessReaper()
    {
        if (!OperatingSystem.IsWindows())
        {
            _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false });
        }
    }

    /// <summary>The one of this process.</summary>
    public static ProcessReaper Shared => LazyShared.Value;

    /// <summary>Registers a process.</summary>
    public void Add(int processId) => Tell($"add {processId}");

    /// <summary>Forgets a process that has ended.</summary>
    public void Remove(int processId) => Tell($"remove {processId}");

    /// <summary>Ends the pipe, which kills what is still registered.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _shell?.StandardInput.Close();
            _shell?.WaitForExit();
            _shell?.Dispose();
        }
    }

    private void Tell(string line)
    {
        lock (_gate)
        {
            _shell?.StandardInput.WriteLine(line);
            _shell?.StandardInput.Flush();
        }
    }
}
