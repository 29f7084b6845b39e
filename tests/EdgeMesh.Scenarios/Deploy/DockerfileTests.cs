using System.Xml.Linq;
using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Deploy;

/// <summary>The Dockerfile, where there is no Docker: it takes every project that the executable is built from. <c>tests/containers/run</c> builds it.</summary>
public sealed class DockerfileTests
{
    [Fact]
    public void Build_TakesEveryProjectOfTheExecutable()
    {
        var copied = File.ReadLines(Path.Combine(Repository.Root, "Dockerfile"))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["COPY", var source, _] && source.EndsWith('/'))
            .Select(words => words[1])
            .ToList();
        var ignored = File.ReadLines(Path.Combine(Repository.Root, ".dockerignore")).ToList();
        var projects = new SortedSet<string>(StringComparer.Ordinal);
        Collect(Path.Combine(Repository.Root, "services", "EdgeMesh.Node", "EdgeMesh.Node.csproj"), projects);

        Assert.True(projects.Count > 10, string.Join(' ', projects));
        Assert.All(projects, project =>
        {
            Assert.Contains(copied, folder => project.StartsWith(folder, StringComparison.Ordinal));
            Assert.DoesNotContain(ignored, line => project.StartsWith(line + "/", StringComparison.Ordinal));
        });
    }

    /// <summary>A project and all that it refers to, by paths from the tree's root.</summary>
    private static void Collect(string path, SortedSet<string> projects)
    {
        if (!projects.Add(Path.GetRelativePath(Repository.Root, path)))
        {
            return;
        }

        foreach (var reference in XDocument.Load(path).Descendants("ProjectReference"))
        {
            Collect(Path.GetFullPath(reference.Attribute("Include")!.Value, Path.GetDirectoryName(path)!), projects);
        }
    }
}
