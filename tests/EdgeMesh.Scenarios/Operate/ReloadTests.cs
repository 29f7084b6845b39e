using EdgeMesh.Scenarios.Interop;
using EdgeMesh.Testing;
using Google.Protobuf;
using Grpc.Net.Client;
using Grpc.Testing;

namespace EdgeMesh.Scenarios.Operate;

/// <summary>Nodes whose configuration changes while calls come and run.</summary>
public sealed class ReloadTests : IDisposable
{
    private const int Reloads = 20;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Region_OriginsChangeUnderLoad_NoCallFails()
    {
        var (first, firstUrl) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        await using var firstOrigin = first;
        var (second, secondUrl) = await InteropPrograms.StartServerAsync(InteropProgram.Ours);
        await using var secondOrigin = second;
        var file = _directory.File("edgemesh.yaml");
        await WriteAsync(file, firstUrl, "information");
        await using var region = await NodeProcess.StartAsync("region", "--config", file);
        using var channel = GrpcChannel.ForAddress(region.Address);
        var client = new TestService.TestServiceClient(channel);

        // 1. A stream that stands, and calls without end.
        using var stream = client.FullDuplexCall();
        await ExchangeAsync(stream);
        await using (var load = new CallLoad(region.Address, "/grpc.testing.TestService/EmptyCall", new Empty().ToByteArray(), connections: 4, streamsPerConnection: 16))
        {
            await load.WaitForAsync();

            // 2. Origins that come and go.
            for (var reload = 1; reload <= Reloads; reload++)
            {
                await WriteAsync(file, reload % 2 == 0 ? firstUrl : secondUrl, "information");
                await ReloadAsync(region, "changed: region.origin", reload);
            }

            // 3. A file that is wrong changes nothing.
            await File.AppendAllTextAsync(file, "  nmae: x\n");
            region.Process.Signal(UnixSignal.HangUp);
            await region.Process.WaitForLineAsync($"Configuration not reloaded: {file}:7 region.nmae: is no option of edgemesh region");

            await WriteAsync(file, secondUrl, "information");
            await ReloadAsync(region, "changed: region.origin", Reloads + 1);
            var answered = load.Answered;
            while (load.Answered < answered + 1000)
            {
                await Task.Delay(TestDeadline.PollInterval);
            }

            Assert.Empty(load.Cuts);
            Assert.Equal((0, 0), (load.Refused, load.TurnedAway));
        }

        // 4. The stream still goes where it began, and new calls where the file says: without the first origin, only they go on.
        await ExchangeAsync(stream);
        await firstOrigin.DisposeAsync();
        await client.EmptyCallAsync(new Empty());
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => ExchangeAsync(stream));
        region.AssertNoUnexpectedErrors(line => line.Contains("region.nmae", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Region_ReloadWithoutAFile_ChangesNothingAndGoesOn()
    {
        await using var region = await NodeProcess.StartRegionAsync(_directory.Path);

        await ReloadAsync(region, "changed: nothing", 1);

        region.Process.Signal(UnixSignal.Terminate);
        Assert.Equal(0, await region.Process.WaitForExitAsync());
        region.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Region_WhatNeedsARestart_IsNamedUntilItIsRestartedOrTakenBack()
    {
        var file = _directory.File("edgemesh.yaml");
        await WriteAsync(file, new Uri("http://127.0.0.1:9"), "information");
        await using var region = await NodeProcess.StartAsync("region", "--config", file);

        await WriteAsync(file, new Uri("http://127.0.0.1:9"), "debug", "127.0.0.1:1");
        await ReloadAsync(region, "changed: region.log-level", 1);
        await region.Process.WaitForLineAsync("Changed, but needs a restart: region.listen");
        await ReloadAsync(region, "changed: nothing", 1);
        Assert.Equal(2, region.Process.Errors.Count(line => line.Contains("needs a restart: region.listen", StringComparison.Ordinal)));

        await WriteAsync(file, new Uri("http://127.0.0.1:9"), "debug");
        await ReloadAsync(region, "changed: nothing", 2);
        Assert.Equal(2, region.Process.Errors.Count(line => line.Contains("needs a restart", StringComparison.Ordinal)));
    }

    /// <summary>Sends SIGHUP and waits until the log has said so for the given time.</summary>
    private static async Task ReloadAsync(NodeProcess node, string expected, int time)
    {
        var seen = 0;
        node.Process.Signal(UnixSignal.HangUp);
        await node.Process.WaitForLineAsync(line => line.Contains($"Configuration reloaded; {expected}", StringComparison.Ordinal) && ++seen == time);
    }

    private static async Task ExchangeAsync(Grpc.Core.AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> stream)
    {
        await stream.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 5 } } });
        Assert.True(await stream.ResponseStream.MoveNext(default));
        Assert.Equal(5, stream.ResponseStream.Current.Payload.Body.Length);
    }

    /// <summary>Writes beside the file and renames, as editors and orchestrators do: a reader never meets half of it.</summary>
    private async Task WriteAsync(string file, Uri origin, string logLevel, string listen = "127.0.0.1:0")
    {
        await File.WriteAllTextAsync(file + ".new", $$"""
            region:
              name: eu-west-2
              data: {{_directory.File("data")}}
              origin: {grpc.testing.: "{{origin.GetLeftPart(UriPartial.Authority)}}"}
              listen: {{listen}}
              log-level: {{logLevel}}

            """);
        File.Move(file + ".new", file, overwrite: true);
    }
}
