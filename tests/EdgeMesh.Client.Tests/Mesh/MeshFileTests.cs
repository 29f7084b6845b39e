using EdgeMesh.Client.Mesh;
using EdgeMesh.Testing;
using EdgeMesh.V1;

namespace EdgeMesh.Client.Tests.Mesh;

public sealed class MeshFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly MeshModel _mesh;

    public MeshFileTests()
    {
        var told = new WatchMeshResponse { Region = "eu-west-2", Version = 7 };
        told.Nodes.Add(new MeshMember { Name = "CDG50-1", Address = "http://127.0.0.1:6402", State = NodeState.Ready });
        told.Nodes.Add(new MeshMember { Name = "LHR50-1", Address = "http://node.invalid:6401", State = NodeState.Ready });
        told.Methods.Add(new MethodShape { Method = "a.B/C", SideEffectFree = true });
        _mesh = MeshReader.Read(told)!.With(node => node.Node.Name == "LHR50-1" ? new Uri("http://127.0.0.1:6401") : node.Address);
    }

    private string FilePath => Path.Combine(_directory.Path, "mesh");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_WhatWasWritten_IsTheMeshWithItsHomeFirstWhereItWasReached()
    {
        new MeshFile(FilePath).Write(_mesh, "LHR50-1");
        new MeshFile(FilePath).Write(_mesh, "LHR50-1");

        var read = new MeshFile(FilePath).Read()!;

        Assert.Equal(("eu-west-2", 7UL), (read.Region, read.Version));
        Assert.Equal(["LHR50-1 http://127.0.0.1:6401/", "CDG50-1 http://127.0.0.1:6402/"], read.Nodes.Select(node => $"{node.Node.Name} {node.Address}"));
        Assert.Equal(new MethodFacts(IsUnary: true, IsSafe: true, "a.B/C"), read.FindMethod("/a.B/C"));
        Assert.Equal([FilePath], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Read_NoFile_IsNoneAndNoFault()
    {
        var file = new MeshFile(FilePath);

        Assert.Null(file.Read());
        Assert.Null(file.Fault);
    }

    [Fact]
    public void Read_AnyByteChangedOrMissing_IsNone()
    {
        new MeshFile(FilePath).Write(_mesh, "LHR50-1");
        var bytes = File.ReadAllBytes(FilePath);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 0x20;
            File.WriteAllBytes(FilePath, bytes);
            Assert.Null(new MeshFile(FilePath).Read());
            bytes[i] ^= 0x20;
            File.WriteAllBytes(FilePath, bytes[..i]);
            Assert.Null(new MeshFile(FilePath).Read());
        }

        File.WriteAllBytes(FilePath, bytes);
        Assert.NotNull(new MeshFile(FilePath).Read());
    }

    [Fact]
    public void Read_LongerThanTheLimit_IsNoneAndSaysSo()
    {
        using (var huge = File.Create(FilePath))
        {
            huge.SetLength(MeshFile.MaxBytes + 1);
        }

        var file = new MeshFile(FilePath);

        Assert.Null(file.Read());
        Assert.Contains(FilePath, file.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_WhereNothingCanBe_SaysSo()
    {
        var file = new MeshFile(Path.Combine(_directory.Path, "missing", "mesh"));

        file.Write(_mesh, "LHR50-1");

        Assert.Contains("missing", file.Fault, StringComparison.Ordinal);
        Assert.Null(file.Read());
    }
}
