using System.CommandLine;
using EdgeMesh.Node.CommandLine;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Targets;
using EdgeMesh.Node.Values;
using EdgeMesh.V1;

namespace EdgeMesh.Node.Policies;

/// <summary>Tells of a policy that was put in force.</summary>
internal static class AppliedPolicy
{
    /// <summary>Tells it.</summary>
    public static void Tell(Terminal terminal, bool json, ApplyPolicyResponse response)
    {
        PolicyTarget.TellNotes(terminal, response.Notes);
        var line = response.Changed ? $"policy {response.Version.Version} is in force" : $"policy {response.Version.Version} says the same, and stays in force";
        JsonOutput.WriteOrLine(terminal, json, new AppliedPolicyJson(PolicyVersionJson.Of(response.Version), response.Changed, response.Notes), line);
    }
}

/// <summary>Reads versions of policies.</summary>
internal static class PolicyVersions
{
    /// <summary>Reads a version that may be left out.</summary>
    public static bool TryRead(string text, out ulong? value, out string error)
    {
        error = "want a version, as policy history shows them";
        var ok = ulong.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var version);
        value = ok ? version : null;
        return ok;
    }
}
