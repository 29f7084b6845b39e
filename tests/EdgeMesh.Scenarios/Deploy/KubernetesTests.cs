using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Deploy;

/// <summary>The manifests in <c>deploy/kubernetes</c>, held against the API's schema, unknown fields included.</summary>
public sealed class KubernetesTests
{
    private static readonly string Checker = Path.Combine(Repository.Root, "tests", "tools", "kubernetes", "check.mjs");

    [ForeignFact("kubernetes-models")]
    public async Task Manifests_KeepToTheSchema()
    {
        var folder = Path.Combine(Repository.Root, "deploy", "kubernetes");
        await using var check = ChildProcess.Start("node", [Checker, Path.Combine(folder, "region.yaml"), Path.Combine(folder, "edge.yaml"), Path.Combine(folder, "zone.yaml")]);

        Assert.True(await check.WaitForExitAsync() == 0, string.Join('\n', check.Transcript));
        Assert.Equal(8, check.Output.Count);
    }

    [ForeignTheory("kubernetes-models")]
    [InlineData("spec: {maxUnavailable: 1}", "no faults")]
    [InlineData("spec: {maxUnavailabel: 1}", "/spec/maxUnavailabel is no field of PodDisruptionBudget")]
    [InlineData("spec: {selector: here}", "data/spec/selector must be object")]
    public async Task Checker_Fault_IsNamed(string spec, string expected)
    {
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory.File("budget.yaml"), $"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: x}}\n{spec}\n");
        await using var check = ChildProcess.Start("node", [Checker, directory.File("budget.yaml")]);

        Assert.Equal(expected == "no faults" ? 0 : 1, await check.WaitForExitAsync());
        Assert.True(expected == "no faults" ? check.Errors.Count == 0 : check.Errors.Any(line => line.Contains(expected, StringComparison.Ordinal)), string.Join('\n', check.Transcript));
    }
}
