namespace EdgeMesh.Workloads.Processes;

/// <summary>Finds the program of a command as execvp does, and says before a fork what is wrong with it.</summary>
internal static class CommandPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's absolute path.</summary>
    /// <param name="command">A path (it has a slash), from <paramref name="directory"/>; or a name to be found on the PATH.</param>
    /// <param name="directory">Where the process will run.</param>
    /// <exception cref="ProcessStartException">There is none, or it cannot be run.</exception>
    public static string Find(string command, string directory)
    {
        if (command.Contains('/'))
        {
            var path = Path.GetFullPath(command, directory);
            if (!File.Exists(path))
            {
                throw new ProcessStartException($"the command \"{command}\" does not exist: {(Directory.Exists(path) ? $"{path} is a directory" : $"there is no file {path}")}");
            }

            return IsExecutable(path) ? path : throw new ProcessStartException($"the command \"{command}\" cannot be run: {path} is not executable");
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, command)).FirstOrDefault(path => File.Exists(path) && IsExecutable(path))
            ?? throw new ProcessStartException($"the command \"{command}\" does not exist: it is in no directory of the node's PATH ({string.Join(':', folders)})");
    }

    private static bool IsExecutable(string path) => !OperatingSystem.IsLinux() || (File.GetUnixFileMode(path) & Executable) != 0;
}
