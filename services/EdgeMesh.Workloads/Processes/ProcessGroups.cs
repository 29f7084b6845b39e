using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Workloads.Processes;

/// <summary>Signals groups of processes, and sees to it that none outlives the node, however that ends.</summary>
/// <remarks>
/// Each replica is the leader of a session of its own (setsid), so that a signal to its group reaches all its children, and the node's terminal does not. A shell in another session holds the groups'
/// numbers and the end of a pipe from the node: when the node goes, by whatever signal, the pipe ends and the shell kills them all. Alternative: PR_SET_PDEATHSIG, which forks do not inherit, and which
/// fires when the thread that started a process ends, as threads of a pool do. Thread-safe.
/// </remarks>
internal sealed class ProcessGroups(ILogger log) : IDisposable
{
    /// <summary>What ends a process in its own time.</summary>
    public const int Terminate = 15;

    /// <summary>What no process can refuse.</summary>
    public const int Kill = 9;

    // Reads "+ 123" and "- 123" until the node's end of the pipe is gone.
    private const string Script =
        """
        trap '' HUP INT TERM
        groups=
        while read -r sign group; do
          if [ "$sign" = + ]; then groups="$groups $group"; continue; fi
          kept=
          for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
          groups=$kept
        done
        for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
        """;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _groups = [];
    private Process? _reaper;
    private bool _isDisposed;

    /// <summary>Has a group end with the node.</summary>
    public void Add(int group)
    {
        lock (_lock)
        {
            _groups.Add(group);
            if (_reaper is null or { HasExited: true } && !_isDisposed)
            {
                _reaper?.Dispose();
                _reaper = Start();
                foreach (var one in _groups)
                {
                    TellLocked('+', one);
                }

                return;
            }

            TellLocked('+', group);
        }
    }

    /// <summary>A group is gone.</summary>
    public void Remove(int group)
    {
        lock (_lock)
        {
            if (_groups.Remove(group))
            {
                TellLocked('-', group);
            }
        }
    }

    /// <summary>Sends a signal to every process of a group; nothing happens when there is none.</summary>
    public static void Signal(int group, int signal) => _ = SendSignal(-group, signal);

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _reaper?.StandardInput.Close();
            _reaper?.Dispose();
            _reaper = null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);

    private static Process Start()
    {
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Script]) { RedirectStandardInput = true, UseShellExecute = false };
        return Process.Start(start)!;
    }

    private void TellLocked(char sign, int group)
    {
        try
        {
            _reaper?.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{sign} {group}\n"));
            _reaper?.StandardInput.Flush();
        }
        catch (IOException fault)
        {
            // Someone killed the shell: the next group starts another, which is told of all.
            log.ReaperLost(fault.Message);
        }
    }
}
