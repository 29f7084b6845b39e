using EdgeMesh.Node.Configuration;
using EdgeMesh.Node.Tests.Contracts;
using EdgeMesh.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace EdgeMesh.Node.Tests.Configuration;

public sealed class ConfigurationFileTests
{
    /// <summary>What a hand or a fuzzer may put together: our words, YAML's signs, and neither.</summary>
    private static readonly Gen<string> Pieces = Gen.Elements(
        "region:", "edge:", "zoen:", "\n", "\n  ", "\n    ", "\n  - ", "name: ", "origin: ", "cache-bytes: ", "insecure: ", "shop.v1.: ", "shop.v1.=http://h:1", "512MiB", "true", "~", "''",
        "{", "}", "[", "]", ",", ": ", "- ", "? ", "&a ", "*a", "!!str ", "!x ", "<<: ", "---", "...", "\n---\n", "%YAML 1.2\n", "%TAG ! x\n", "\"", "'", "\\", "|\n", ">-\n", "#", "\t", "\0", "é", "\uFEFF", "\u2028", "=", "--", "@", "`", "x");

    [Fact]
    public void Parse_Sample_HasTheValuesOfEveryKind()
    {
        var file = Parse("""
            region:
              name: eu-west-2
              origin:
                shop.v1.: http://127.0.0.1:9000
                stock.v1.: https://stock.internal
              origin-reflection: [shop.v1.]
              insecure: yes
              shutdown-timeout: 5
            edge:
              cache-bytes: 512MiB
            """);

        Assert.Empty(file.Faults);
        Assert.Equal(["region", "edge"], file.Sections.Select(section => section.Name));
        var settings = file.Sections.SelectMany(section => section.Settings).ToDictionary(setting => setting.Source.Path);
        Assert.Equal(["shop.v1.=http://127.0.0.1:9000", "stock.v1.=https://stock.internal"], settings["region.origin"].Values);
        Assert.Equal(["shop.v1."], settings["region.origin-reflection"].Values);
        Assert.Equal(["true"], settings["region.insecure"].Values);
        Assert.Equal(["5"], settings["region.shutdown-timeout"].Values);
        Assert.Equal(("--cache-bytes", "edgemesh.yaml:10"), (settings["edge.cache-bytes"].Name, settings["edge.cache-bytes"].Source.ToString()));
    }

    [Theory]
    [InlineData("origin: [shop.v1.=http://h:1, stock.=http://h:2]")]
    [InlineData("origin: [shop.v1.: http://h:1, stock.: http://h:2]")]
    [InlineData("origin: {shop.v1.: http://h:1, stock.: http://h:2}")]
    [InlineData("'origin': {\"shop.v1.\": 'http://h:1', stock.: http://h:2} # ports")]
    public void Parse_Pairs_AsListOrMapping(string origins)
    {
        var file = Parse($"region:\n  {origins}");

        Assert.Empty(file.Faults);
        Assert.Equal(["shop.v1.=http://h:1", "stock.=http://h:2"], file.Sections.Single().Settings.Single().Values);
    }

    [Theory]
    [InlineData("edge:\n  cache-bytes: 12MB", "edgemesh.yaml:2 edge.cache-bytes: --cache-bytes '12MB': want a number of bytes")]
    [InlineData("edge:\n  cache-policy: density:2", "edgemesh.yaml:2 edge.cache-policy: --cache-policy 'density:2': want s3-fifo, or density:A with an exponent A from 0 to 1")]
    [InlineData("edge:\n  cache-bites: 12MiB", "edgemesh.yaml:2 edge.cache-bites: is no option of edgemesh edge that a file may have; did you mean cache-bytes?")]
    [InlineData("edge:\n  data: x", "edgemesh.yaml:2 edge.data: is no option of edgemesh edge that a file may have; section region: has it")]
    [InlineData("edge:\n  config: other.yaml", "edgemesh.yaml:2 edge.config: is no option")]
    [InlineData("edge:\n  help: true", "edgemesh.yaml:2 edge.help: is no option")]
    [InlineData("edge:\n  --name: LHR50-1", "edgemesh.yaml:2 edge.--name: is no option of edgemesh edge that a file may have; did you mean name?")]
    [InlineData("\negde: {}", "edgemesh.yaml:2 egde: is no section; there are region:, edge:, zone:, route:; did you mean edge?")]
    [InlineData("edge:\n  name: LHR50-1\n\n  name: CDG50-1", "edgemesh.yaml:4 edge.name: is given twice: line 2 has it already")]
    [InlineData("edge: {}\nedge: {}", "edgemesh.yaml:2 edge: is given twice: line 1 has it already")]
    [InlineData("region:\n  origin:\n    a.: http://h:1\n    a.: http://h:2", "edgemesh.yaml:4 region.origin[a.]: is given twice: line 3 has it already")]
    [InlineData("edge:\n  name: [LHR50-1]", "edgemesh.yaml:2 edge.name: --name wants one value, not a list here")]
    [InlineData("edge:\n  name:\n    is: LHR50-1", "edgemesh.yaml:3 edge.name: --name wants one value, not a mapping here")]
    [InlineData("edge:\n  name:", "edgemesh.yaml:2 edge.name: has no value")]
    [InlineData("edge:\n  name: null", "edgemesh.yaml:2 edge.name: has no value")]
    [InlineData("edge:\n  insecure: perhaps", "edgemesh.yaml:2 edge.insecure: --insecure 'perhaps': want true or false")]
    [InlineData("region:\n  origin-reflection: {a.: b}", "edgemesh.yaml:2 region.origin-reflection: --origin-reflection wants a list of PREFIX, not a mapping here")]
    [InlineData("region:\n  origin:\n    - [a.=http://h:1]", "edgemesh.yaml:3 region.origin[0]: --origin wants a list of PREFIX=URL, or a mapping, not a list here")]
    [InlineData("region:\n  origin:\n    - a.=http://h:1\n    - b.", "edgemesh.yaml:4 region.origin[1]: --origin 'b.': must be PREFIX=URL")]
    [InlineData("region:\n  origin:\n    a.: {url: x}", "edgemesh.yaml:3 region.origin[a.]: wants one value")]
    [InlineData("edge: LHR50-1", "edgemesh.yaml:1 edge: must be a mapping from options to values")]
    [InlineData("edge:\n  name: &n LHR50-1", "edgemesh.yaml:2 edge.name: anchors (&name) are not taken")]
    [InlineData("edge:\n  name: LHR50-1\n  advertise: *n", "edgemesh.yaml:3 edge.advertise: ")]
    [InlineData("edge:\n  name: !!str LHR50-1", "edgemesh.yaml:2 edge.name: tags (!name) are not taken")]
    [InlineData("edge: {}\n---\nedge: {}", "edgemesh.yaml:2: a second document begins here")]
    [InlineData("edge:\n  [a]: b", "edgemesh.yaml:2 edge: has a key that is not a name")]
    [InlineData("edge:\n  name: [[[[[[[[[]]]]]]]]]", "edgemesh.yaml:2 edge.name[0][0][0][0][0][0]: is nested deeper than 8 levels")]
    [InlineData("edge:\n  name: {", "edgemesh.yaml:")]
    [InlineData("edge:\n\tname: x", "edgemesh.yaml:2: is not YAML")]
    [InlineData("- edge", "edgemesh.yaml:1: must be a mapping with the sections region:, edge:, zone:, route:")]
    public void Parse_Fault_NamesLinePathAndWhatIsRight(string text, string expected) =>
        Assert.Contains(Parse(text).Faults, fault => fault.ToString().StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void Parse_ManyFaults_ToldAtOnceInTheFilesOrder()
    {
        var file = Parse("edge:\n  cache-bytes: x\n  nmae: LHR50-1\n  name: LHR50-1\nzoen: {}\nregion:\n  insecure: 7\n  origin: [\n");

        Assert.Equal([2, 3, 5, 7], file.Faults.Select(fault => fault.Line).Distinct().Take(4));
        Assert.Contains(file.Faults, fault => fault.Message.StartsWith("is not YAML", StringComparison.Ordinal));
        Assert.Equal(["LHR50-1"], file.Sections[0].Settings.Single().Values);
    }

    [Fact]
    public void Parse_Nothing_IsNoFaultOfTheFile() => Assert.All(["", "# later\n", "---\n", "null", "{}", "edge:\n"], text => Assert.Empty(Parse(text).Faults));

    [Fact]
    public void Parse_AnyText_EndsAndEveryFaultHasALineOfTheText() =>
        Prop.ForAll(Pieces.ListOf().Select(string.Concat).ToArbitrary(), text =>
        {
            var lines = text.Split(["\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"], StringSplitOptions.None).Length;
            return Parse(text).Faults.All(fault => fault.Line >= 1 && fault.Line <= lines + 1 && fault.Message.Length > 0 && !fault.ToString().Contains('\n'));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(60));

    [Fact]
    public void Parse_SectionOfAnyValues_TakesThemOrSaysWhere() =>
        Prop.ForAll(Gen.Elements("name", "cache-bytes", "insecure", "origin", "tls-cert").Zip(Pieces.ListOf().Select(string.Concat)).ToArbitrary(), setting =>
        {
            // Quoted as YAML wants it, any text is one value: the option's parser takes it, or the fault names its line and path.
            var (key, value) = setting;
            var file = Parse($"region:\n  {key}: '{new string([.. value.Where(c => !char.IsControl(c) && c is not ('\u2028' or '\uFEFF'))]).Replace("'", "''", StringComparison.Ordinal)}'");
            return file.Faults.All(fault => fault.Line == 2 && fault.Path == $"region.{key}") && file.Faults.Count + file.Sections.Single().Settings.Count >= 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_DeepNesting_IsAFaultAtOnce()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.File("deep.yaml"), $"edge: {new string('[', 200_000)}");

        var fault = Assert.IsType<ConfigurationFault>(ConfigurationFile.Read(directory.File("deep.yaml"), CliDocumentTests.Root).Faults[0]);

        Assert.Equal(1, fault.Line);
    }

    [Fact]
    public void Read_WrongFiles_EachWithItsReason()
    {
        using var directory = new TempDirectory();
        File.WriteAllBytes(directory.File("latin1.yaml"), "edge:\n  name: \xE9\n"u8.ToArray().Select(b => b == 0xC3 ? (byte)0xE9 : b).ToArray());
        File.WriteAllText(directory.File("large.yaml"), "edge: {}\n#" + new string('x', 1024 * 1024));

        Assert.Equal($"{directory.File("absent.yaml")}: cannot be read: Could not find file '{directory.File("absent.yaml")}'.", Only("absent.yaml"));
        Assert.StartsWith($"{directory.Path}: cannot be read: ", Only(""));
        Assert.Equal($"{directory.File("large.yaml")}: is larger than the limit of 1048576 bytes", Only("large.yaml"));
        Assert.Equal($"{directory.File("latin1.yaml")}:2: is not UTF-8 here", Only("latin1.yaml"));

        string Only(string name) => ConfigurationFile.Read(name.Length == 0 ? directory.Path : directory.File(name), CliDocumentTests.Root).Faults.Single().ToString();
    }

    [Fact]
    public void Read_ByteOrderMark_IsSkipped()
    {
        using var directory = new TempDirectory();
        File.WriteAllText(directory.File("bom.yaml"), "\uFEFFedge:\n  name: LHR50-1\n");

        Assert.Empty(ConfigurationFile.Read(directory.File("bom.yaml"), CliDocumentTests.Root).Faults);
    }

    private static ConfigurationFile Parse(string text) => ConfigurationFile.Parse("edgemesh.yaml", text, CliDocumentTests.Root);
}
