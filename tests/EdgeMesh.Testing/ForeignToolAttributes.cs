using System.Diagnostics;
using Xunit;

namespace EdgeMesh.Testing;

/// <summary>A fact that needs programs which are not part of the .NET SDK. Where one is missing it is skipped, and the reason says how to get it; in continuous integration (<c>CI=true</c>) it runs, and fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignFactAttribute : FactAttribute
{
    /// <summary>Names the programs.</summary>
    /// <param name="tools">As they are called: found on the PATH; or <c>grpc-js</c>, <c>node-example</c>, <c>kubernetes-models</c>, <c>python3-grpcio</c>, <c>python3-grpc-tools</c>, <c>python3-prometheus-client</c>.</param>
    public ForeignFactAttribute(params string[] tools) => Skip = ForeignTools.WhyNot(tools);
}

/// <summary>A theory that needs programs: see <see cref="ForeignFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ForeignTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="ForeignFactAttribute(string[])"/>
    public ForeignTheoryAttribute(params string[] tools) => Skip = ForeignTools.WhyNot(tools);
}

/// <summary>Which programs of others are here, and how to get those that are not.</summary>
internal static class ForeignTools
{
    private const string GrpcJsFolder = "tests/EdgeMesh.Scenarios/Interop/grpc-js";
    private const string NodeExampleFolder = "clients/examples/node";
    private const string ToolsFolder = "tests/tools";

    // Debian packages whose names differ from the program's.
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["h2load"] = "nghttp2-client",
        ["nghttp"] = "nghttp2-client",
        ["nghttpd"] = "nghttp2-server",
        ["node"] = "nodejs",
        ["script"] = "bsdutils",
        ["taskset"] = "util-linux",
        ["unshare"] = "util-linux",
    };

    // Libraries rather than programs: whether they are here, and how to get them.
    private static readonly Dictionary<string, (Lazy<bool> IsHere, string HowTo)> Libraries = new(StringComparer.Ordinal)
    {
        ["grpc-js"] = (new(() => HasPackage(GrpcJsFolder, "@grpc/grpc-js")), $"install Node.js, then npm ci --prefix {GrpcJsFolder}"),
        ["node-example"] = (new(() => HasPackage(NodeExampleFolder, "@grpc/grpc-js")), $"install Node.js, then npm ci --prefix {NodeExampleFolder}"),
        ["kubernetes-models"] = (new(() => HasPackage(ToolsFolder, "kubernetes-models")), $"install Node.js, then npm ci --prefix {ToolsFolder}"),
        ["python3-grpcio"] = (new(() => HasPythonModules("grpc, google.protobuf")), "apt-get install python3-grpcio python3-protobuf"),
        ["python3-prometheus-client"] = (new(() => HasPythonModules("prometheus_client.openmetrics.parser")), "apt-get install python3-prometheus-client"),
        ["python3-grpc-tools"] = (new(() => HasPythonModules("grpc_tools.protoc")), "apt-get install python3-grpc-tools"),
    };

    /// <summary>Why a test cannot run; null: it can, or must.</summary>
    internal static string? WhyNot(string[] tools)
    {
        var missing = tools.Where(tool => !IsHere(tool)).ToList();
        if (missing.Count == 0 || Environment.GetEnvironmentVariable("CI") == "true")
        {
            return null;
        }

        return $"needs {string.Join(", ", missing)}: {string.Join("; ", missing.Select(HowToGet))}";
    }

    private static bool IsHere(string tool) => Libraries.TryGetValue(tool, out var library) ? library.IsHere.Value : IsOnPath(tool);

    private static string HowToGet(string tool) =>
        Libraries.TryGetValue(tool, out var library) ? library.HowTo : $"apt-get install {Packages.GetValueOrDefault(tool, tool)}";

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(directory => directory.Length > 0 && File.Exists(Path.Combine(directory, tool)));

    private static bool HasPackage(string folder, string package) =>
        IsOnPath("node") && File.Exists(Path.Combine(Repository.Root, folder, "node_modules", package, "package.json"));

    private static bool HasPythonModules(string modules)
    {
        if (!File.Exists("/usr/bin/python3"))
        {
            return false;
        }

        // Debian's own Python: another one on the PATH does not see Debian's packages.
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", $"import {modules}"]) { RedirectStandardError = true });
        return python!.WaitForExit(TestDeadline.Default) && python.ExitCode == 0;
    }
}
