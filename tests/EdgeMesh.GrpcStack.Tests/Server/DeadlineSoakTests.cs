using Grpc.Core;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>Handlers and deadlines race for the end of many calls: each call has exactly one end, and nothing is torn.</summary>
public sealed class DeadlineSoakTests
{
    private const int Callers = 16;
    private const int CallsEach = 60;

    [Fact]
    public async Task Deadlines_RaceWithHandlers_EveryCallEndsOnce()
    {
        await using var host = await ScriptedHost.StartAsync(new ServiceScript
        {
            Unary = async (request, context) =>
            {
                await Task.Yield();
                context.ResponseTrailers.Add("handled", "1");
                return request;
            },
            ServerStreaming = async (request, answers, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                for (var i = 0; i < 20; i++)
                {
                    await answers.WriteAsync(request);
                    await Task.Yield();
                }
            },
        });

        var ends = await Task.WhenAll(Enumerable.Range(0, Callers).Select(seed => CallAsync(host, new Random(seed))));

        // Both winners occur, or the race was not one.
        var all = ends.SelectMany(end => end).ToList();
        Assert.Equal(Callers * CallsEach, all.Count);
        Assert.Contains(StatusCode.OK, all);
        Assert.Contains(StatusCode.DeadlineExceeded, all);
        Assert.All(all, status => Assert.True(status is StatusCode.OK or StatusCode.DeadlineExceeded, $"{status}"));
        host.Log.AssertNoUnexpectedErrors();
    }

    private static async Task<List<StatusCode>> CallAsync(ScriptedHost host, Random random)
    {
        var ends = new List<StatusCode>();
        for (var i = 0; i < CallsEach; i++)
        {
            var method = random.Next(2) == 0 ? "Unary" : "ServerStreaming";
            var answer = await host.CallAsync(method, Frames.Of(1, 2, 3), ("grpc-timeout", $"{(long)Math.Pow(10, 2 + (random.NextDouble() * 3))}u"));
            ends.Add(answer.Status);
            var messages = answer.Messages;
            Assert.All(messages, message => Assert.Equal([1, 2, 3], Frames.Value(message.Bytes)));
            if (answer.Status == StatusCode.OK)
            {
                Assert.Equal(method == "Unary" ? 1 : 20, messages.Count);
            }
        }

        return ends;
    }
}
