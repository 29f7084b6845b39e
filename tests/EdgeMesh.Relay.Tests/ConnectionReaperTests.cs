using EdgeMesh.Relay.Hosting;
using EdgeMesh.Testing;
using Microsoft.AspNetCore.Connections;

namespace EdgeMesh.Relay.Tests;

public sealed class ConnectionReaperTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromTicks(1);

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _served = new();
    private readonly DefaultConnectionContext _connection;

    public ConnectionReaperTests() => _connection = new DefaultConnectionContext { ConnectionClosed = _closed.Token };

    [Fact]
    public async Task Serve_OpenConnection_LastsAsLongAsItIsServed()
    {
        var connection = Serve();

        _time.Advance(TimeSpan.FromDays(30));
        Assert.False(connection.IsCompleted);

        _served.SetResult();
        await connection.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Serve_ClosedAndNeverServedToItsEnd_IsLetGoAfterTheGrace()
    {
        var connection = Serve();

        await _closed.CancelAsync();
        await _time.WaitForTimersAsync(1);
        _time.Advance(ConnectionReaper.Grace - Moment);
        Assert.False(connection.IsCompleted);

        _time.Advance(Moment);
        await connection.WaitAsync(TestDeadline.Default);
        Assert.False(_served.Task.IsCompleted);
    }

    [Fact]
    public async Task Serve_ClosedAndServedWithinTheGrace_EndsThen()
    {
        var connection = Serve();

        await _closed.CancelAsync();
        _served.SetResult();

        await connection.WaitAsync(TestDeadline.Default);
    }

    [Fact]
    public async Task Serve_WhatServesFails_FailsAlike()
    {
        var connection = Serve();

        _served.SetException(new TimeoutException("its own"));

        Assert.Equal("its own", (await Assert.ThrowsAsync<TimeoutException>(() => connection)).Message);
    }

    private Task Serve() => new ConnectionReaper(_time).ServeAsync(_connection, _ => _served.Task);
}
