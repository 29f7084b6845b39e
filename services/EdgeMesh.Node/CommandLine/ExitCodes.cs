namespace EdgeMesh.Node.CommandLine;

/// <summary>How <c>edgemesh</c> ends. docs/cli.md promises these to scripts.</summary>
internal static class ExitCodes
{
    /// <summary>Done; for a server, an orderly stop.</summary>
    public const int Success = 0;

    /// <summary>It failed at run time: an unreachable node, a missing object, a port in use.</summary>
    public const int Failed = 1;

    /// <summary>The command line, an <c>EDGEMESH_</c> variable or a configured value is wrong; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl-C, SIGTERM or SIGHUP ended a command before it was done: 128 + SIGINT, as shells report it.</summary>
    public const int Interrupted = 130;
}
