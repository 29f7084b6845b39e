using System.Globalization;
using EdgeMesh.Node.Contracts;
using EdgeMesh.Node.Output;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Up;

/// <summary>What <c>up</c> shows once the mesh runs.</summary>
/// <param name="terminal">Where it is shown.</param>
internal sealed class UpReport(Terminal terminal)
{
    /// <summary>Writes the nodes and the calls, as tables or as one JSON document.</summary>
    public void Write(MeshJson mesh, bool json)
    {
        if (json)
        {
            JsonOutput.Write(terminal, mesh);
            return;
        }

        var nodes = new TextTable("Name", "Kind", "Address", "State", ">Process");
        foreach (var node in mesh.Nodes)
        {
            nodes.Add(node.Name, node.Kind, node.Address, node.State, $"{node.Pid}");
        }

        var calls = new TextTable("Node", "Object", "Outcome", ">Time", "cache-status");
        foreach (var call in mesh.Calls)
        {
            calls.Add(call.Node, call.Object, call.Answer.Outcome, string.Create(CultureInfo.InvariantCulture, $"{call.Answer.Milliseconds:0.0} ms"), call.Answer.CacheStatus ?? "");
        }

        terminal.Out.WriteLine();
        nodes.Write(terminal.OutConsole, terminal.OutIsTerminal);
        terminal.Out.WriteLine();
        if (mesh.Calls.Count > 0)
        {
            calls.Write(terminal.OutConsole, terminal.OutIsTerminal);
            terminal.Out.WriteLine();
        }

        if (mesh.Greetings.Count > 0)
        {
            var greetings = new TextTable("Node", "Greeting", ">Process", ">Time");
            foreach (var greeting in mesh.Greetings)
            {
                greetings.Add(greeting.Node, greeting.Text, $"{greeting.ProcessId}", string.Create(CultureInfo.InvariantCulture, $"{greeting.Answer.Milliseconds:0.0} ms"));
            }

            greetings.Write(terminal.OutConsole, terminal.OutIsTerminal);
            terminal.Out.WriteLine();
        }

        if (mesh.Passed is { } passed)
        {
            terminal.Out.WriteLine(passed ? "check passed" : "check failed");
        }
    }

    /// <summary>Suggests what to try next, in command lines that work from here.</summary>
    public void WriteHints(SelfProgram program, MeshJson mesh, Uri regionAdmin)
    {
        var target = mesh.Nodes.Count > 1 ? mesh.Nodes[1].Address : mesh.Nodes[0].Address;
        terminal.Error.WriteLine("Try in another terminal:");
        terminal.Error.WriteLine($"  {program.Show(["get", "demo/hello.txt", "--verbose", "--to", target])}");
        terminal.Error.WriteLine($"  {program.Show(["call", target, "--list"])}");
        terminal.Error.WriteLine($"  {program.Show(["nodes", "--to", TargetAddress.Show(regionAdmin)])}");
        terminal.Error.WriteLine($"  {program.Show(["latency", "matrix", "--to", TargetAddress.Show(regionAdmin)])}");
        if (mesh.Nodes.FirstOrDefault(node => node.ZoneGroup is not null) is { } zone)
        {
            terminal.Error.WriteLine($"  {program.Show(["call", zone.Address, "demo.v1.GreeterService/Greet", "-d", "{\"name\": \"you\"}"])}");
            terminal.Error.WriteLine($"  {program.Show(["zones", "list", "--to", TargetAddress.Show(regionAdmin)])}");
        }

        terminal.Error.WriteLine("Ctrl-C stops the mesh. Its log:");
    }
}
