using Spectre.Console;

namespace EdgeMesh.Node.Up;

/// <summary>The lines of all nodes as one log, each with its node's name in front, in a colour of its own on a terminal.</summary>
/// <param name="console">Where it is written.</param>
/// <param name="names">All nodes, in the order of their colours.</param>
/// <remarks>Lines are held until <see cref="Release"/>, so that they do not run through the tables of the start. Thread-safe.</remarks>
internal sealed class EventLog(IAnsiConsole console, string[] names)
{
    private static readonly Color[] Colours = [Color.Blue, Color.Green, Color.Yellow, Color.Fuchsia, Color.Aqua, Color.Red];

    private readonly Lock _gate = new();
    private readonly List<(string Name, string Line)> _held = [];
    private readonly int _width = names.Max(name => name.Length);
    private bool _isReleased;

    /// <summary>Adds a line of a node.</summary>
    public void Write(string name, string line)
    {
        lock (_gate)
        {
            if (_isReleased)
            {
                WriteLocked(name, line);
            }
            else
            {
                _held.Add((name, line));
            }
        }
    }

    /// <summary>Writes what was held, and from now on every line at once.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isReleased = true;
            _held.ForEach(held => WriteLocked(held.Name, held.Line));
            _held.Clear();
        }
    }

    private void WriteLocked(string name, string line)
    {
        var index = Array.IndexOf(names, name);
        var colour = index < 0 ? Color.Grey : Colours[index % Colours.Length];
        console.Write(new Text($"{name.PadRight(_width)} | ", new Style(colour)));

        // Past the console, which would fold long lines.
        console.Profile.Out.Writer.WriteLine(line);
    }
}
