using System.ComponentModel;
using System.Diagnostics;
using EdgeMesh.Storage.Tests.Hosted;
using EdgeMesh.Testing;

namespace EdgeMesh.Storage.Tests;

/// <summary>A fact that mounts a file system for itself alone; skipped where the system lets no user do so, as in most containers.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrivateMountFactAttribute : FactAttribute
{
    internal static readonly string[] Prefix = ["--user", "--map-root-user", "--mount"];

    private static readonly Lazy<bool> IsAllowed = new(() =>
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("unshare", [.. Prefix, "mount", "-t", "tmpfs", "probe", Path.GetTempPath()]) { RedirectStandardError = true });
            return probe is not null && probe.WaitForExit(TestDeadline.Default) && probe.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    /// <summary>Probes the system once.</summary>
    public PrivateMountFactAttribute() => Skip = IsAllowed.Value ? null : "needs unshare (apt-get install util-linux) and a system that allows user namespaces";
}

/// <summary>Runs the engine where something is short: memory, or room on the disk.</summary>
public sealed class ResourceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // Ten times the heap goes in and out; the whole 5 GiB is a scenario with a real Region.
    [Fact]
    public async Task WriteAndRead_FarMoreThanTheHeapHolds_StaysBounded()
    {
        using var directory = new TempDirectory();
        await using var child = ChildStore.Start(
            [new("DOTNET_GCHeapHardLimit", "0x2000000")], "write-and-read", directory.Path, (10L * 32 << 20).ToString("d", null));

        var exit = await child.WaitForExitAsync(Limit);

        Assert.True(exit == 0, string.Join('\n', child.Transcript));
        Assert.StartsWith("SAME ", child.Output[^1], StringComparison.Ordinal);
    }

    // A file system of its own, 8 MiB, filled to the brim: what was answered stays, the refusal says why, room helps without a restart.
    [PrivateMountFact]
    public async Task Put_DiskFull_IsRefusedClearlyAndRecovers()
    {
        using var directory = new TempDirectory();
        var program = string.Join(' ', ChildStore.CommandLine("put-until-full", directory.Path).Select(word => $"'{word}'"));
        await using var child = ChildProcess.Start(
            "unshare", [.. PrivateMountFactAttribute.Prefix, "sh", "-c", $"mount -t tmpfs -o size=8m tmpfs '{directory.Path}' && exec {program}"]);

        var exit = await child.WaitForExitAsync(Limit);

        Assert.True(exit == 0, string.Join('\n', child.Transcript));
        Assert.Contains("REFUSED StorageFull No room on the disk for the content", child.Output);
        Assert.Matches("^DONE [0-9]{2}$", child.Output[^1]);
    }
}
