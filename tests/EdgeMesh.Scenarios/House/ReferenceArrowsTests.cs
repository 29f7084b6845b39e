using System.Text.RegularExpressions;
using System.Xml.Linq;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.House;

/// <summary>Holds the house to its drawing (docs/architecture.md): who may refer to whom, and what nothing may be called.</summary>
public sealed partial class ReferenceArrowsTests
{
    private const string Prefix = "EdgeMesh.";

    /// <summary>The drawing. A project that is not in it, and an arrow that is not in it, fail.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Protos"] = [],
        ["Stubs"] = ["Protos", "GrpcStack"],
        ["Wire"] = [],
        ["GrpcStack"] = ["Wire"],
        ["Caching"] = [],
        ["Latency"] = ["Protos"],
        ["Client"] = ["Latency", "Wire", "Protos"],
        ["Client.DependencyInjection"] = ["Client"],
        ["Relay"] = ["Wire", "Caching", "Protos"],
        ["Introspection"] = ["Relay", "Stubs"],
        ["Probing"] = ["Latency", "Relay", "Stubs"],
        ["Admin"] = ["Introspection", "Relay", "Stubs"],
        ["Storage"] = ["Stubs"],
        ["Workloads"] = ["Relay", "Storage", "Stubs"],
        ["Downstream"] = ["Admin", "Introspection", "Probing", "Relay", "Latency", "Stubs"],
        ["EdgeLocation"] = ["Downstream"],
        ["Region"] = ["Admin", "Storage", "Introspection", "Probing", "Workloads", "Relay", "Client", "Latency", "Stubs"],
        ["LocalZone"] = ["Downstream", "Storage", "Workloads"],
        ["Sidecar"] = ["Admin", "Introspection", "Relay", "Client", "Latency", "Stubs"],
        ["Lab"] = ["Latency", "Client", "Caching"],
    };

    private static readonly string[] MayReferToAnything = ["Node"];

    private static readonly List<(string Path, string Name, XDocument Xml)> Projects =
        [.. Repository.Files(".csproj").Select(path => (path, NameOf(path), XDocument.Load(path)))];

    [Fact]
    public void ProjectReferences_OfTheHouse_AreThoseOfTheDrawing()
    {
        var wrong = new List<string>();
        foreach (var (path, name, xml) in Projects.Where(p => !IsTest(p.Path) && !MayReferToAnything.Contains(p.Name)))
        {
            if (!Arrows.TryGetValue(name, out var allowed))
            {
                wrong.Add($"{name} is not in the drawing");
                continue;
            }

            wrong.AddRange(References(xml).Except(allowed).Select(to => $"{name} -> {to}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void ProjectReferences_OfTheHouse_NeverLeadToTests()
    {
        var tests = Projects.Where(p => IsTest(p.Path)).Select(p => p.Name).ToHashSet();

        Assert.DoesNotContain(Projects.Where(p => !IsTest(p.Path)).SelectMany(p => References(p.Xml)), tests.Contains);
    }

    [Fact]
    public void Solution_EveryProject_IsInIt()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "EdgeMesh.sln"));

        Assert.Empty(Projects.Where(p => !solution.Contains($"\\{Prefix}{p.Name}.csproj\"", StringComparison.Ordinal)).Select(p => p.Name));
    }

    [Fact]
    public void StackPackages_OnlyStubs_NamesThem()
    {
        var naming = Repository.Files(".csproj").Concat(Repository.Files(".props")).Concat(Repository.Files(".targets"))
            .Where(path => XDocument.Load(path).Descendants("PackageReference").Any(r => IsStackPackage((string?)r.Attribute("Include"))))
            .Concat(Projects.Where(p => !IsTest(p.Path) && References(p.Xml).Contains("GrpcStack")).Select(p => p.Path))
            .Select(NameOf)
            .Distinct();

        Assert.Equal(["Stubs"], naming);
    }

    [Fact]
    public void Types_OfTheHouse_AreNotNamedLikeProjects()
    {
        var names = Projects.Select(p => p.Name).Concat(Arrows.Keys).ToHashSet();
        var declared = Declarations(".cs", CSharpType()).Concat(Declarations(".proto", ProtoType()));

        Assert.Empty(declared.Where(d => names.Contains(d.Name)).Select(d => $"{d.Name} in {d.File}"));
    }

    [Fact]
    public void Namespaces_OfTheHouse_DoNotHideGrpcCore()
    {
        var hiding = Declarations(".cs", CSharpNamespace())
            .Where(d => d.Name.StartsWith(Prefix, StringComparison.Ordinal) && d.Name.Split('.').Contains("Grpc"));

        Assert.Empty(hiding.Select(d => $"{d.Name} in {d.File}"));
    }

    private static string NameOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
    }

    private static bool IsTest(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/').StartsWith("tests/", StringComparison.Ordinal);

    private static IEnumerable<string> References(XDocument project) =>
        project.Descendants("ProjectReference").Select(r => NameOf(((string)r.Attribute("Include")!).Replace('\\', '/')));

    private static bool IsStackPackage(string? package) =>
        package is not null && package.StartsWith("Grpc.", StringComparison.Ordinal) && package != "Grpc.Tools";

    private static IEnumerable<(string Name, string File)> Declarations(string extension, Regex declaration) =>
        from path in Repository.Files(extension)
        from match in declaration.Matches(File.ReadAllText(path))
        select (match.Groups["name"].Value, Path.GetRelativePath(Repository.Root, path));

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|file|sealed|static|abstract|partial|readonly|ref)\s+)+(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?|delegate\s+[\w<>?.]+)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex CSharpType();

    [GeneratedRegex(@"^\s*(?:message|enum|service)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex ProtoType();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex CSharpNamespace();
}
