using System.Diagnostics.CodeAnalysis;
using EdgeMesh.Node.Values;

namespace EdgeMesh.Node.Servers;

/// <summary>The line that a node writes on standard output right before <see cref="ReadyLine"/>: <c>admin LHR50-1 http://127.0.0.1:6501</c>.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Address">Where it is administered.</param>
internal sealed record AdminLine(string Name, Uri Address)
{
    private const string Word = "admin";

    /// <summary>Reads the line; any other is false.</summary>
    public static bool TryRead(string line, [MaybeNullWhen(false)] out AdminLine value)
    {
        value = line.Split(' ') is [Word, var name, var text] && Uri.TryCreate(text, UriKind.Absolute, out var address) ? new(name, address) : null;
        return value is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Word} {Name} {TargetAddress.Show(Address)}";
}
