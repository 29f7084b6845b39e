using EdgeMesh.Probing.Messages;
using EdgeMesh.Relay.Upstreams;
using EdgeMesh.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Downstream.ControlStream;

/// <summary>A node's membership in its Region's mesh: joins, reports at every heartbeat, learns the topology, and joins again for ever.</summary>
/// <remarks>
/// Neither a Region that is away, nor one that starts later than the node, nor one that refuses it ends the process: the last topology
/// is kept, and the loop goes on. Each attempt has a connection of its own, apart from relayed calls, with HTTP/2 PINGs against half-open
/// ones. Public members are thread-safe.
/// </remarks>
internal sealed class RegionLink : BackgroundService
{
    /// <summary>What a Region's heartbeat interval may be; anything else is brought to the nearer end.</summary>
    private static readonly TimeSpan MinHeartbeat = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan MaxHeartbeat = TimeSpan.FromSeconds(60);

    private readonly RegionLinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Backoff _backoff;
    private volatile JoinResponse? _topology;
    private volatile bool _isJoined;
    private volatile string? _refusal;
    private volatile TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _appliedMore = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was logged last: nothing yet, <c>OK</c> for joined, else the status of the failure.</summary>
    private StatusCode? _logged;

    /// <summary>Starts nothing yet: the host does.</summary>
    /// <param name="options">Who joins, and where.</param>
    /// <param name="random">For the jitter of waits; used by this link alone.</param>
    /// <param name="time">The clock of heartbeats, waits and limits.</param>
    /// <param name="log">Changes of state.</param>
    public RegionLink(RegionLinkOptions options, Random random, TimeProvider time, ILogger<RegionLink> log)
    {
        (_options, _time, _log) = (options, time, log);
        _backoff = new Backoff(options.MinBackoff, options.MaxBackoff, random);
    }

    /// <summary>Raised after each new topology, in order, on the link's own thread: to be handled quickly. What a handler throws is logged.</summary>
    public event Action<JoinResponse>? TopologyChanged;

    /// <summary>The last topology learned, also while the Region is away; null before the first. Not to be changed.</summary>
    public JoinResponse? Topology => _topology;

    /// <summary>Whether the Region counts this node as present now.</summary>
    public bool IsJoined => _isJoined;

    /// <summary>Why the Region does not let this node in, as it said last; null: it has, or cannot be reached.</summary>
    public string? Refusal => _refusal;

    /// <summary>Has the next report sent at once: for what others must know before the next heartbeat.</summary>
    public void ReportNow() => Interlocked.Exchange(ref _news, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>A handler for the control stream: it asks nothing of the environment, and notices a dead peer within 15 s.</summary>
    internal static SocketsHttpHandler CreateHandler() => new()
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var address = await _options.Address.WaitAsync(stoppingToken);
            while (true)
            {
                var start = _time.GetTimestamp();
                var fault = await StayJoinedAsync(address, stoppingToken);
                if (_isJoined && _time.GetElapsedTime(start) >= Heartbeat())
                {
                    _backoff.Reset();
                }

                _isJoined = false;
                stoppingToken.ThrowIfCancellationRequested();
                NoteFault(fault);
                var wait = _backoff.Next();
                var waiting = Task.Delay(wait, _time, stoppingToken);
                _log.NextAttempt(wait);
                await waiting;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>One attempt, from connecting to the end of the stream.</summary>
    /// <remarks>
    /// (1) Say hello. (2) Read topologies and the log, and send reports and what was applied, each in its own loop; the reading loop alone decides how the stream ended,
    /// since only it sees the Region's status. (3) Once either has ended, or the node stops, end the other in bounded time; a node that
    /// stops takes its leave first.
    /// </remarks>
    /// <returns>Why it ended.</returns>
    private async Task<Status> StayJoinedAsync(string address, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(_options.JoinTimeout, _time);
        using var shortened = stopping.UnsafeRegister(_ => limit.CancelAfter(_options.GoodbyeTimeout), null);
        using var channel = GrpcChannel.ForAddress(_options.Region, new GrpcChannelOptions { HttpHandler = _options.Tls is { } tls ? UpstreamTls.With(CreateHandler(), _options.Region, tls) : CreateHandler(), DisposeHttpClient = true });
        try
        {
            using var call = new TopologyService.TopologyServiceClient(channel).Join(_options.Credentials(), cancellationToken: limit.Token);

            // 1
            var applied = _options.Applied();
            await SayHelloAsync(call.RequestStream, address, applied);

            // 2
            var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var reading = ReadAsync(call.ResponseStream, joined, limit);
            var reporting = SendAsync(call.RequestStream, joined.Task, applied, end.Token);
            await Task.WhenAny(reading, reporting);

            // 3
            limit.CancelAfter(_options.GoodbyeTimeout);
            await end.CancelAsync();
            await reporting;
            if (stopping.IsCancellationRequested && joined.Task.IsCompleted)
            {
                await SayGoodbyeAsync(call.RequestStream);
            }

            return await reading;
        }
        catch (RpcException fault)
        {
            return fault.Status;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return new Status(StatusCode.Internal, fault.Message, fault);
        }
    }

    private async Task SayHelloAsync(IClientStreamWriter<JoinRequest> requests, string address, LogPosition? applied)
    {
        try
        {
            await requests.WriteAsync(new JoinRequest
            {
                Hello = new JoinRequest.Types.Hello
                {
                    Name = _options.Name,
                    Kind = _options.Kind,
                    ZoneGroup = _options.ZoneGroup,
                    Address = address,
                    Version = _options.Version,
                    Position = _options.Position?.ToMessage(),
                    Jurisdiction = _options.Jurisdiction,
                    Applied = applied,
                },
            });
        }
        catch (Exception fault) when (fault is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            // The Region may answer, and end the stream, before this write is over: the reading loop sees with which status.
        }
    }

    /// <summary>Reads until the stream ends.</summary>
    /// <param name="responses">The Region's messages.</param>
    /// <param name="joined">Completed at the first.</param>
    /// <param name="limit">Lifted at the first.</param>
    /// <returns>Why it ended.</returns>
    private async Task<Status> ReadAsync(IAsyncStreamReader<JoinResponse> responses, TaskCompletionSource joined, CancellationTokenSource limit)
    {
        try
        {
            while (await responses.MoveNext(CancellationToken.None))
            {
                if (!joined.Task.IsCompleted)
                {
                    limit.CancelAfter(Timeout.InfiniteTimeSpan);
                }

                if (responses.Current.Log is { } update)
                {
                    _options.Apply(update);
                    Interlocked.Exchange(ref _appliedMore, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
                    continue;
                }

                Learn(responses.Current);
                joined.TrySetResult();
            }

            return new Status(StatusCode.Unavailable, "the Region closed the stream");
        }
        catch (RpcException) when (limit.IsCancellationRequested)
        {
            return new Status(StatusCode.DeadlineExceeded, "no answer in time");
        }
        catch (RpcException fault)
        {
            return fault.Status;
        }
        catch (InvalidDataException fault)
        {
            return new Status(StatusCode.DataLoss, fault.Message);
        }
    }

    private void Learn(JoinResponse topology)
    {
        _topology = topology;
        _isJoined = true;
        _refusal = null;
        if (_logged != StatusCode.OK)
        {
            _logged = StatusCode.OK;
            _log.Joined(topology.Region, _options.Region, topology.Nodes.Count, topology.Methods.Count);
        }

        try
        {
            TopologyChanged?.Invoke(topology);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _log.ListenerFailed(topology.Version, fault);
        }
    }

    /// <summary>
    /// Sends a report once joined and then at every heartbeat, and how far in the log the node is whenever that has changed. Ends, without failing,
    /// when cancelled or when the stream takes no more.
    /// </summary>
    private async Task SendAsync(IClientStreamWriter<JoinRequest> requests, Task joined, LogPosition? told, CancellationToken cancellationToken)
    {
        try
        {
            await joined.WaitAsync(cancellationToken);
            var isFirst = true;
            var reportDue = Task.CompletedTask;
            while (true)
            {
                // Taken before what they tell of is read: what comes between is told in another turn.
                var news = _news.Task;
                var appliedMore = _appliedMore.Task;
                if (_options.Applied() is { } applied && !applied.Equals(told))
                {
                    await requests.WriteAsync(new JoinRequest { Applied = applied }, CancellationToken.None);
                    told = applied;
                }

                if (reportDue.IsCompleted)
                {
                    await reportDue;
                    await requests.WriteAsync(new JoinRequest { Report = _options.Report(isFirst) }, CancellationToken.None);
                    isFirst = false;
                    reportDue = Either(Task.Delay(Heartbeat(), _time, cancellationToken), news);
                }

                await Task.WhenAny(reportDue, appliedMore);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            // The stream ended, which the reading loop notes, or the link stops.
        }
    }

    private static async Task Either(Task one, Task other) => await await Task.WhenAny(one, other);

    private async Task SayGoodbyeAsync(IClientStreamWriter<JoinRequest> requests)
    {
        try
        {
            var last = _options.Report(false);
            last.Draining = true;
            await requests.WriteAsync(new JoinRequest { Report = last }, CancellationToken.None);
            await requests.CompleteAsync();
            _log.Left(_topology!.Region);
        }
        catch (Exception fault) when (fault is OperationCanceledException or RpcException or InvalidOperationException or IOException)
        {
            // The Region went away first: there is nobody to take leave of.
        }
    }

    private TimeSpan Heartbeat()
    {
        var asked = _topology?.HeartbeatInterval?.ToTimeSpan() ?? MaxHeartbeat;
        return asked < MinHeartbeat ? MinHeartbeat : asked > MaxHeartbeat ? MaxHeartbeat : asked;
    }

    private void NoteFault(Status fault)
    {
        var isRefusal = fault.StatusCode is StatusCode.InvalidArgument or StatusCode.AlreadyExists or StatusCode.FailedPrecondition
            or StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.ResourceExhausted;
        _refusal = isRefusal ? fault.Detail : null;
        if (isRefusal)
        {
            _backoff.Raise();
        }

        if (_logged == fault.StatusCode)
        {
            return;
        }

        _logged = fault.StatusCode;
        if (isRefusal)
        {
            _log.Refused(_options.Region, fault.StatusCode, fault.Detail);
        }
        else
        {
            _log.Away(_options.Region, fault.StatusCode, fault.Detail);
        }
    }
}
