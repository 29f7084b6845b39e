using System.Collections.Concurrent;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using static EdgeMesh.Scenarios.Purges.TierCalls;

namespace EdgeMesh.Scenarios.Purges;

/// <summary>Fills through two tiers are nobody's: what becomes of the first caller, and of the first edge to ask, harms none of those who wait, at either tier.</summary>
public sealed class ShieldFillTests : IAsyncLifetime
{
    private const int LargeBytes = 3 << 20;

    private readonly TempDirectory _directory = new();
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();
    private readonly HttpMessageInvoker _caller = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, UseProxy = false });
    private WebApplication _origin = null!;
    private NodeProcess _region = null!;
    private NodeProcess _shield = null!;
    private NodeProcess _leaf = null!;
    private NodeProcess _other = null!;

    public async Task InitializeAsync()
    {
        _origin = await StartOriginAsync(AnswerAsync);
        _region = await NodeProcess.StartRegionAsync(_directory.Path, "--admin-listen", "127.0.0.1:0", "--origin", $"shop.v1.={_origin.Urls.Single()}");
        _shield = await NodeProcess.StartEdgeAsync(_region, "LHR50-1", "--admin-listen", "127.0.0.1:0");
        _leaf = await StartLeafAsync(_shield, "MAN50-1");
        _other = await StartLeafAsync(_shield, "EDI50-1");
        await MeshCalls.WaitForMeshAsync(_region, 3);

        // Then all know that the method declares caching: its callers wait for one another without a bound.
        await CallAsync(_caller, _leaf.Address, "warm");
        await CallAsync(_caller, _other.Address, "warm");
    }

    [Fact]
    public async Task Fill_FirstCallerGoesRunsOutOfTimeOrDoesNotRead_EveryoneElseHasTheAnswerOfOneCall()
    {
        // 1. The first caller cancels.
        using (var gone = new CancellationTokenSource())
        {
            var first = CallAsync(_caller, _leaf.Address, "cancelled", cancellationToken: gone.Token);
            var waiting = await WaitBehindAsync("cancelled");
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            await AssertAnsweredOnceAsync("cancelled", waiting);
        }

        // 2. The first caller's time is up.
        {
            var first = CallAsync(_caller, _leaf.Address, "too late", timeout: "2S");
            var waiting = await WaitBehindAsync("too late");
            Assert.Equal("4", (await first).Status);
            await AssertAnsweredOnceAsync("too late", waiting);
        }

        // 3. The first caller does not read, more than all windows on the way hold.
        {
            using var request = MakeRequest(_leaf.Address, "large");
            var first = _caller.SendAsync(request, CancellationToken.None);
            var waiting = await WaitBehindAsync("large");
            await AssertAnsweredOnceAsync("large", waiting);
            using var response = await first;
            Assert.Equal(5 + LargeBytes, (await response.Content.ReadAsByteArrayAsync()).Length);
        }

        // 4. Everyone goes: what was asked for is stored at both tiers all the same.
        using (var gone = new CancellationTokenSource())
        {
            var first = CallAsync(_caller, _leaf.Address, "left", cancellationToken: gone.Token);
            await WaitForOriginAsync("left");
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            await AssertAnsweredOnceAsync("left", [CallAsync(_caller, _leaf.Address, "left"), CallAsync(_caller, _other.Address, "left")]);
        }

        // 5. The origin fails: one decision for all, and no stampede.
        {
            var first = CallAsync(_caller, _leaf.Address, "away");
            var waiting = await WaitBehindAsync("away");
            Gate("away").SetResult();
            Assert.All(await Task.WhenAll([first, .. waiting]).WaitAsync(2 * TestDeadline.Default), answer => Assert.Equal("14", answer.Status));
            Assert.Equal(1, _calls["away"]);
        }

        foreach (var node in (NodeProcess[])[_leaf, _other, _shield, _region])
        {
            node.AssertNoUnexpectedErrors();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var gate in _gates.Values)
        {
            gate.TrySetResult();
        }

        _caller.Dispose();
        foreach (var node in (NodeProcess?[])[_leaf, _other, _shield, _region])
        {
            await (node?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        await _origin.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<byte[]?> AnswerAsync(string message, HttpContext context)
    {
        if (message == "warm")
        {
            return null;
        }

        _calls.AddOrUpdate(message, 1, (_, calls) => calls + 1);
        await Gate(message).Task;
        if (message == "away")
        {
            context.Response.Headers["grpc-status"] = "14";
        }

        return message == "large" ? [0, 0, LargeBytes >> 16, 0, 0, .. new byte[LargeBytes]] : null;
    }

    /// <summary>When the first caller's question has come to the origin: callers who wait at its leaf, and at the shield behind another leaf's question.</summary>
    private async Task<Task<Answer>[]> WaitBehindAsync(string message)
    {
        await WaitForOriginAsync(message);
        Task<Answer>[] waiting = [CallAsync(_caller, _leaf.Address, message), CallAsync(_caller, _leaf.Address, message), CallAsync(_caller, _other.Address, message)];
        await WaitForWaitersAsync(_leaf, 2);
        await WaitForWaitersAsync(_shield, 1);
        return waiting;
    }

    private TaskCompletionSource Gate(string message) => _gates.GetOrAdd(message, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task WaitForOriginAsync(string message)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!_calls.ContainsKey(message))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestDeadline.Default, $"{message} did not come");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private async Task AssertAnsweredOnceAsync(string message, Task<Answer>[] waiting)
    {
        Gate(message).SetResult();
        var answers = await Task.WhenAll(waiting).WaitAsync(2 * TestDeadline.Default);
        Assert.All(answers, answer => Assert.Equal("0", answer.Status));
        Assert.All(answers, answer => Assert.Equal(message == "large" ? LargeBytes : message.Length, answer.Text.Length));
        Assert.StartsWith("MAN50-1; hit", (await CallAsync(_caller, _leaf.Address, message)).CacheStatus, StringComparison.Ordinal);
        Assert.Equal(1, _calls[message]);
    }
}
