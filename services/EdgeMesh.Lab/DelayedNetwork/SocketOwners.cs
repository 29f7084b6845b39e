using System.Globalization;

namespace EdgeMesh.Lab.DelayedNetwork;

/// <summary>Finds which process made a connection over loopback, by Linux's <c>/proc</c> (proc_net_tcp, proc_pid_fd): for processes of the same user, without privileges.</summary>
/// <remarks>Stateless; thread-safe. Costs a look at every descriptor of those processes, once a connection.</remarks>
internal static class SocketOwners
{
    /// <summary>Finds it.</summary>
    /// <param name="localPort">The port that the connection was made from.</param>
    /// <param name="processes">Whose connection it may be.</param>
    /// <returns>The process's number; null: none of them, or it has closed the connection.</returns>
    public static int? Find(int localPort, IEnumerable<int> processes)
    {
        if (FindSocket(localPort) is not { } socket)
        {
            return null;
        }

        foreach (var process in processes)
        {
            if (Has(process, socket))
            {
                return process;
            }
        }

        return null;
    }

    /// <summary>The name that descriptors of a socket have, by the table of IPv4 connections: number, local address and port, remote ones, state, seven more, inode.</summary>
    private static string? FindSocket(int localPort)
    {
        var from = string.Create(CultureInfo.InvariantCulture, $"0100007F:{localPort:X4}");

        // IPv6 sockets speak to IPv4 addresses by mapped ones.
        var mapped = string.Create(CultureInfo.InvariantCulture, $"0000000000000000FFFF00000100007F:{localPort:X4}");
        foreach (var line in File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")))
        {
            var cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length > 9 && (cells[1] == from || cells[1] == mapped) && cells[9] != "0")
            {
                return $"socket:[{cells[9]}]";
            }
        }

        return null;
    }

    private static bool Has(int process, string socket)
    {
        try
        {
            return new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).EnumerateFileSystemInfos().Any(descriptor => descriptor.LinkTarget == socket);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It ended, or closed a descriptor meanwhile.
            return false;
        }
    }
}
