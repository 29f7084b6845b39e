using EdgeMesh.Storage;
using EdgeMesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeMesh.Workloads.Tests;

/// <summary>What was asked of a workload, when its node comes back.</summary>
public sealed class WorkloadIntentsTests : IDisposable
{
    // A replica of these need not be well to be counted.
    private static readonly WorkloadOptions Shop = RunningWorkload.Quick with { Command = ["sleep", "1000"], Health = HealthProbe.Tcp, Replicas = 2 };

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Scale_NodeComesBack_HasTheCountUntilTheConfigurationHasAnother()
    {
        await ChangeAsync(shop => shop.ScaleAsync(3, CancellationToken.None));

        Assert.Equal((3, false), await ReadAsync(Shop));
        Assert.Equal((4, false), await ReadAsync(Shop with { Replicas = 4 }));

        // The new count has taken the old one's place for good.
        Assert.Equal((2, false), await ReadAsync(Shop));
    }

    [Fact]
    public async Task Stop_NodeComesBack_StaysStoppedUntilItIsRun()
    {
        await ChangeAsync(shop => shop.StopAsync(CancellationToken.None));

        Assert.Equal((0, true), await ReadAsync(Shop));
        Assert.Equal((0, true), await ReadAsync(Shop with { Replicas = 3 }));

        await ChangeAsync(shop => shop.StartAsync(CancellationToken.None));
        Assert.Equal((2, false), await ReadAsync(Shop));
    }

    [Fact]
    public async Task Drain_NodeComesBack_RunsAndTakesNoCalls()
    {
        await ChangeAsync(shop => shop.ScaleAsync(1, CancellationToken.None));
        await ChangeAsync(shop => shop.DrainAsync(CancellationToken.None));

        Assert.Equal((1, true), await ReadAsync(Shop));
    }

    [Fact]
    public async Task Drain_WorkloadIsStopped_StaysStopped()
    {
        await ChangeAsync(shop => shop.StopAsync(CancellationToken.None));
        await ChangeAsync(shop => shop.DrainAsync(CancellationToken.None));

        Assert.Equal((0, true), await ReadAsync(Shop));
    }

    [Fact]
    public async Task Scale_BackToTheConfiguration_IsNothingToKeep()
    {
        await ChangeAsync(shop => shop.ScaleAsync(3, CancellationToken.None));
        await ChangeAsync(shop => shop.ScaleAsync(2, CancellationToken.None));

        Assert.Equal("{}", await File.ReadAllTextAsync(_directory.File("workloads.json")));
    }

    [Fact]
    public async Task Scale_CannotBeKept_IsDoneAllTheSame()
    {
        Directory.CreateDirectory(_directory.File("workloads.json.new"));

        await ChangeAsync(shop => shop.ScaleAsync(1, CancellationToken.None), then: 1);

        Assert.Equal((2, false), await ReadAsync(Shop));
    }

    [Fact]
    public async Task Keep_ManyAtOnce_EachIsOnTheDiskWhenItsOwnHasEnded()
    {
        var shops = Enumerable.Range(0, 20).Select(number => Shop with { Name = $"shop{number}" }).ToList();
        using var intents = new WorkloadIntents(_directory.Path, NullLogger.Instance);
        await Task.WhenAll(shops.Select(shop => Task.Run(async () =>
        {
            await intents.KeepAsync(shop.Name, new WorkloadIntent(IntendedState.Running, 7, 2));

            using var another = new WorkloadIntents(_directory.Path, NullLogger.Instance);
            another.Read(shops);
            Assert.Equal(7, another.Find(shop.Name)?.Replicas);
        })));
    }

    [Fact]
    public async Task Start_FileIsDamaged_SaysWhich()
    {
        await File.WriteAllTextAsync(_directory.File("workloads.json"), "{");

        var fault = await Assert.ThrowsAsync<DataDirectoryException>(() => ReadAsync(Shop));

        Assert.StartsWith($"'{_directory.File("workloads.json")}' cannot be read: ", fault.Message, StringComparison.Ordinal);
    }

    private async Task ChangeAsync(Func<Workload, Task> change, int? then = null)
    {
        await using var node = await RunningWorkload.BeginAsync(_directory.Path, Shop);
        await change(node.Workload);
        Assert.True(then is null || node.Replicas.Count == then);
    }

    /// <summary>Replicas, and whether it is drained or stopped, of a node that has just come back.</summary>
    private async Task<(int Replicas, bool IsStopped)> ReadAsync(WorkloadOptions options)
    {
        await using var node = await RunningWorkload.BeginAsync(_directory.Path, options);
        return (node.Replicas.Count, node.Workload.ReadStatus().IsStopped);
    }
}
