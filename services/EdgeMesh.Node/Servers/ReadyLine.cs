using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary>The line that a node writes on standard output once it takes calls: <c>ready LHR50-1 http://127.0.0.1:6401</c>.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Address">Where it listens.</param>
internal sealed record ReadyLine(string Name, Uri Address)
{
    private const string Word = "ready";

    /// <summary>Reads the line; any other is false.</summary>
    public static bool TryRead(string line, [MaybeNullWhen(false)] out ReadyLine value)
    {
        value = line.Split(' ') is [Word, var name, var text] && Uri.TryCreate(text, UriKind.Absolute, out var address) ? new(name, address) : null;
        return value is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Word} {Name} {TargetAddress.Show(Address)}";
}
