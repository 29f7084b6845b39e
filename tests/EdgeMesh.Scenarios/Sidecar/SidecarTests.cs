using EdgeMesh.Testing;

namespace EdgeMesh.Scenarios.Sidecar;

/// <summary>Ordinary clients behind a sidecar, while nodes that are processes of their own go away: no call without side effects fails. How long it takes is a benchmark's to say.</summary>
public sealed class SidecarTests
{
    private const int Enough = 100;

    [Fact]
    public async Task Mesh_EveryNodeRestartedInTurn_NoSafeCallFails()
    {
        await using var mesh = await SidecarMesh.StartAsync();
        await using var load = new SafeLoad(mesh.Sidecar.Address);
        await load.UntilAsync(async () => (await mesh.ReadRouteAsync()).Well == 3);
        foreach (var node in SidecarMesh.Edges.Append(SidecarMesh.Region))
        {
            await load.UntilAnsweredAsync(Enough);
            mesh[node].Process.Signal(UnixSignal.Terminate);
            Assert.Equal(0, await mesh[node].Process.WaitForExitAsync());
            await load.UntilAnsweredAsync(Enough);

            await mesh.StartAsync(node);
            if (node != SidecarMesh.Region)
            {
                await mesh[node].Process.WaitForLineAsync("Joined Region");
                await mesh.WarmAsync(node);
            }

            await load.UntilAsync(async () => (await mesh.ReadRouteAsync()).Well == 3);
        }

        await load.UntilAnsweredAsync(Enough);
        await load.EndAsync();
        mesh.Sidecar.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Home_KilledAndTheNextStopped_AreLeftAndNoSafeCallFails()
    {
        await using var mesh = await SidecarMesh.StartAsync();
        await using var load = new SafeLoad(mesh.Sidecar.Address);
        await load.UntilAsync(async () => (await mesh.ReadRouteAsync()).Well == 3);
        foreach (var signal in new[] { UnixSignal.Kill, UnixSignal.Stop })
        {
            await load.UntilAnsweredAsync(Enough);
            var (home, _) = await mesh.ReadRouteAsync();
            mesh[home].Process.Signal(signal);

            await load.UntilAsync(async () => (await mesh.ReadRouteAsync()).Home != home);
            await load.UntilAnsweredAsync(Enough);
            Assert.NotEqual(home, (await mesh.ReadRouteAsync()).Home);
        }

        await load.EndAsync();
        mesh.Sidecar.AssertNoUnexpectedErrors();
    }
}
