using System.Globalization;
using System.Text;

namespace EdgeMesh.Introspection;

/// <summary>Where a conversion is. Costs a list entry per level; becomes text only for an error.</summary>
internal sealed class JsonPath
{
    private readonly List<(string? Name, int Index)> _steps = [];

    public void Enter(string name) => _steps.Add((name, 0));

    public void Enter(int index) => _steps.Add((null, index));

    public void Leave() => _steps.RemoveAt(_steps.Count - 1);

    public ProtoJsonException Error(string problem, Exception? inner = null) => new(ToString(), problem, inner);

    public override string ToString()
    {
        var text = new StringBuilder("$");
        foreach (var (name, index) in _steps)
        {
            if (name is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
            else if (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                text.Append('.').Append(name);
            }
            else
            {
                text.Append("[\"").Append(Excerpt.Of(name)).Append("\"]");
            }
        }

        return text.ToString();
    }
}
