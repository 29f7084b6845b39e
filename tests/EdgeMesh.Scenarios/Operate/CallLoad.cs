using System.Collections.Concurrent;
using System.Net;
using EdgeMesh.Testing;
using EdgeMesh.V1;
using Google.Protobuf;

namespace EdgeMesh.Scenarios.Operate;

/// <summary>Calls without end, on several connections and many streams each, and what became of every one. Nothing is tried again but what HTTP/2 says was not processed.</summary>
internal sealed class CallLoad : IAsyncDisposable
{
    private const int AnswersUntilWarm = 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<string> _cuts = [];
    private readonly List<HttpMessageInvoker> _connections = [];
    private readonly List<Task> _workers = [];
    private readonly TaskCompletionSource _warm = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _cold;
    private long _answered;
    private long _refused;
    private long _turnedAway;

    public CallLoad(Uri node, string bucket, string key, int connections, int streamsPerConnection)
        : this(node, "/edgemesh.v1.ObjectStoreService/GetObject", new GetObjectRequest { Bucket = bucket, Key = key }.ToByteArray(), connections, streamsPerConnection)
    {
    }

    public CallLoad(Uri node, string path, byte[] message, int connections, int streamsPerConnection)
    {
        byte[] frame = [0, 0, 0, 0, (byte)message.Length, .. message];
        _cold = connections * streamsPerConnection;
        for (var i = 0; i < connections; i++)
        {
            var connection = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false });
            _connections.Add(connection);
            _workers.AddRange(Enumerable.Range(0, streamsPerConnection).Select(_ => Task.Run(() => CallAsync(connection, new Uri(node, path), frame))));
        }
    }

    /// <summary>Calls that ended with status OK.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Calls that found nobody listening: never accepted.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Calls on connections that began with their end: not accepted either.</summary>
    public long TurnedAway => Interlocked.Read(ref _turnedAway);

    /// <summary>Calls that ended in any other way.</summary>
    public IReadOnlyCollection<string> Cuts => _cuts;

    /// <summary>Completes when every stream has had so many answers: all connections stand, and calls are under way on each.</summary>
    public Task WaitForAsync() => _warm.Task.WaitAsync(TestDeadline.Default);

    /// <summary>Completes when every stream has found nobody listening.</summary>
    public Task EndAsync() => Task.WhenAll(_workers).WaitAsync(TestDeadline.Default);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connections.ForEach(connection => connection.Dispose());
        _stop.Dispose();
    }

    private async Task CallAsync(HttpMessageInvoker connection, Uri method, byte[] frame)
    {
        var answers = 0;
        while (!_stop.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, method)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(frame) { Headers = { ContentType = new("application/grpc") } },
            };
            request.Headers.TE.Add(new("trailers"));
            try
            {
                using var response = await connection.SendAsync(request, _stop.Token);
                await response.Content.CopyToAsync(Stream.Null, _stop.Token);
                var status = response.TrailingHeaders.Concat(response.Headers).FirstOrDefault(header => header.Key == "grpc-status").Value?.First();
                if (status == "0")
                {
                    Interlocked.Increment(ref _answered);
                    if (++answers == AnswersUntilWarm && Interlocked.Decrement(ref _cold) == 0)
                    {
                        _warm.SetResult();
                    }
                }
                else
                {
                    _cuts.Add($"grpc-status {status}: {string.Join(' ', response.Headers.Concat(response.TrailingHeaders).Where(header => header.Key == "grpc-message").SelectMany(header => header.Value))}");
                }
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                Interlocked.Increment(ref _refused);
                return;
            }
            catch (HttpRequestException e) when (e.InnerException is HttpProtocolException { ErrorCode: 0 })
            {
                // GOAWAY, NO_ERROR, as the first frame of a connection that the server took in its last moment: none of its streams was.
                Interlocked.Increment(ref _turnedAway);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException or IOException)
            {
                _cuts.Add($"{(e as HttpRequestException)?.HttpRequestError} {e}");
            }
        }
    }
}
