using EdgeMesh.Testing;

namespace EdgeMesh.Client.Tests;

/// <summary>Clients that start again with what they last knew.</summary>
public sealed class CacheFileTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly List<FakeNode> _nodes = [];

    private string FilePath => Path.Combine(_directory.Path, "mesh");

    public async Task InitializeAsync()
    {
        _nodes.Add(await FakeNode.StartAsync("LHR50-1"));
        _nodes.Add(await FakeNode.StartAsync("CDG50-1"));
        _nodes.ForEach(node => node.Tell("eu-west-2", _nodes));
        using var client = Client(_nodes[0].Address);
        await client.WaitForHomeAsync();
        await client.WaitForAsync(_ => File.Exists(FilePath));
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Start_NoBootstrapAddressAnswers_GoesOnWithWhatItLastKnew()
    {
        using var client = Client(new Uri($"http://127.0.0.1:{FreePort.Take()}"));

        Assert.Contains(await client.HeadAsync(), _nodes.Select(node => node.Name));
        Assert.Null(client.Handler.CacheFileFault);

        // And learns from the nodes that it knew.
        await client.WaitForAsync(_ => client.Handler.Explain("a.B/C").Fault is null);
    }

    [Fact]
    public async Task Start_BootstrapIsABlackHole_WaitsNoLongerThanTheGrace()
    {
        var hole = await FakeNode.StartAsync("FRA50-1");
        _nodes.Add(hole);
        hole.BecomeBlackHole();
        using var client = new TestClient([hole.Address], options => options with { CacheFile = FilePath, BootstrapTimeout = TimeSpan.FromMinutes(1) });

        Assert.Contains(await client.HeadAsync().WaitAsync(TestDeadline.Default), (string[])["LHR50-1", "CDG50-1"]);
    }

    [Fact]
    public async Task Start_FileOfAnotherMesh_BootstrapIsBelieved()
    {
        var other = await FakeNode.StartAsync("IAD10-1", "us-east-1");
        _nodes.Add(other);
        other.Tell("us-east-1", other);
        using var client = Client(other.Address);

        await client.WaitForAsync(nodes => nodes.Count == 1 && nodes[0].Name == "IAD10-1");
        Assert.Equal("IAD10-1", await client.HeadAsync());
    }

    [Fact]
    public async Task Start_GarbageInTheFile_DoesNoHarm()
    {
        await File.WriteAllBytesAsync(FilePath, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 31))]);
        using var client = Client(_nodes[0].Address);

        Assert.Contains(await client.HeadAsync(), _nodes.Select(node => node.Name));
    }

    private TestClient Client(Uri bootstrap) => new([bootstrap], options => options with { CacheFile = FilePath });
}
