using EdgeMesh.GrpcStack.Messages;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.GrpcStack.Server;

/// <summary>One call: its request, its answer, its deadline, and which of them ends it.</summary>
/// <remarks>See <see cref="ResponseSender"/> for the race between handler and deadline.</remarks>
internal sealed class HttpServerCallContext : ServerCallContext, IDisposable
{
    private readonly ServiceModel _service;
    private readonly IMethod _method;
    private readonly ResponseSender _sender;
    private readonly MessagePipeReader _requests;
    private CallDeadline? _deadline;
    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _abortRegistration;
    private Task _deadlineEnd = Task.CompletedTask;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;

    public HttpServerCallContext(HttpContext http, ServiceModel service, IMethod method)
    {
        Http = http;
        _service = service;
        _method = method;
        _sender = new ResponseSender(http, service, method.FullName);
        var coding = http.Request.Headers.GrpcEncoding;
        _requests = new MessagePipeReader(
            http.Request.BodyReader,
            new MessageDeserializer(service.MaxReceiveMessageBytes, service.Codings, coding.Count == 0 ? null : coding.ToString()));
    }

    /// <summary>The HTTP request that carries the call.</summary>
    public HttpContext Http { get; }

    /// <inheritdoc/>
    protected override string MethodCore => _method.FullName;

    /// <inheritdoc/>
    protected override string HostCore => Http.Request.Host.Value ?? "";

    /// <inheritdoc/>
    protected override string PeerCore => PeerIdentity.Address(Http.Connection);

    /// <inheritdoc/>
    protected override DateTime DeadlineCore => _deadline?.Utc ?? DateTime.MaxValue;

    /// <inheritdoc/>
    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestMetadata.Read(Http.Request.Headers);

    /// <inheritdoc/>
    protected override CancellationToken CancellationTokenCore => _cancellation?.Token ?? Http.RequestAborted;

    /// <inheritdoc/>
    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    /// <inheritdoc/>
    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    /// <inheritdoc/>
    protected override WriteOptions? WriteOptionsCore { get; set; }

    /// <inheritdoc/>
    protected override AuthContext AuthContextCore => _authContext ??= PeerIdentity.Authenticate(Http.Connection.ClientCertificate);

    /// <inheritdoc/>
    protected override IDictionary<object, object> UserStateCore => Http.Items!;

    /// <summary>Starts the deadline, if the caller has one.</summary>
    /// <exception cref="RpcException">INTERNAL: the caller's <c>grpc-timeout</c> is malformed.</exception>
    public void StartDeadline()
    {
        var header = Http.Request.Headers.GrpcTimeout;
        if (header.Count == 0)
        {
            return;
        }

        var timeout = CallDeadline.Parse(header.ToString());
        _cancellation = new CancellationTokenSource();
        _abortRegistration = Http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);
        _deadline = new CallDeadline(_service.Clock, timeout, OnDeadline);
        _deadline.Start();
    }

    /// <summary>Reads the only request.</summary>
    /// <exception cref="RpcException">See <see cref="MessagePipeReader"/>.</exception>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(Marshaller<T> marshaller)
        where T : class
    {
        try
        {
            return await _requests.ReadSingleAsync(marshaller, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw ExplainRead(e);
        }
    }

    /// <summary>Reads the next request of a stream; null at its end.</summary>
    /// <exception cref="RpcException">See <see cref="MessagePipeReader"/>.</exception>
    /// <exception cref="OperationCanceledException">The call is over, or the read was cancelled.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await _requests.ReadAsync(marshaller, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw ExplainRead(e);
        }
    }

    /// <summary>Sends one message of a stream.</summary>
    public Task WriteAsync<T>(Marshaller<T> marshaller, T message, WriteOptions? options, CancellationToken cancellationToken) =>
        _sender.WriteAsync(marshaller, message, Flags(options), cancellationToken);

    /// <summary>Ends the call with its only answer and <see cref="ServerCallContext.Status"/>.</summary>
    public async ValueTask EndAsync<T>(Marshaller<T> marshaller, T? answer)
        where T : class
    {
        if (!await TryTakeEndAsync().ConfigureAwait(false))
        {
            return;
        }

        var status = StatusCore;
        if (status.StatusCode == StatusCode.OK)
        {
            try
            {
                _sender.WriteLast(marshaller, answer ?? throw NoAnswer(), Flags(null));
            }
            catch (Exception e)
            {
                status = Explain(e);
            }
        }

        _sender.SetStatus(status, ResponseTrailersCore);
    }

    /// <summary>Ends the call with <see cref="ServerCallContext.Status"/>.</summary>
    public async ValueTask EndAsync()
    {
        if (await TryTakeEndAsync().ConfigureAwait(false))
        {
            _sender.SetStatus(StatusCore, ResponseTrailersCore);
        }
    }

    /// <summary>Ends the call with the status that an exception stands for.</summary>
    public async ValueTask EndAsync(Exception fault)
    {
        if (!await TryTakeEndAsync().ConfigureAwait(false) || fault is CallerGoneException || Http.RequestAborted.IsCancellationRequested)
        {
            ServerLog.HandlerFailedLate(_service.Logger, fault, _method.FullName);
            return;
        }

        _sender.SetStatus(Explain(fault), ResponseTrailersCore);
    }

    public void Dispose()
    {
        _deadline?.Dispose();
        _abortRegistration.Dispose();
    }

    /// <inheritdoc/>
    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        return _sender.WriteHeadersAsync(responseHeaders);
    }

    /// <summary>A request that breaks off, or that breaks a rule of HTTP such as the rate at which it has to come.</summary>
    private static Exception ExplainRead(IOException fault) => fault is BadHttpRequestException
        ? new RpcException(new Status(StatusCode.Internal, fault.Message, fault))
        : new CallerGoneException(fault);

    private static RpcException NoAnswer() => new(new Status(StatusCode.Cancelled, "No message returned from method."));

    private WriteFlags Flags(WriteOptions? options) => (options ?? WriteOptionsCore)?.Flags ?? default;

    /// <summary>The status for an exception, whose trailers join the call's.</summary>
    private Status Explain(Exception fault)
    {
        if (fault is not RpcException refusal)
        {
            ServerLog.HandlerFailed(_service.Logger, fault, _method.FullName);
            return new Status(StatusCode.Unknown, _service.EnableDetailedErrors ? $"Exception was thrown by handler. {fault.GetType().Name}: {fault.Message}" : "Exception was thrown by handler.", fault);
        }

        ServerLog.CallRefused(_service.Logger, refusal, _method.FullName, refusal.StatusCode, refusal.Status.Detail);
        foreach (var entry in refusal.Trailers)
        {
            ResponseTrailersCore.Add(entry);
        }

        return refusal.Status;
    }

    /// <summary>Takes the end for the handler; or waits until the deadline, which has it, has sent the status.</summary>
    private async ValueTask<bool> TryTakeEndAsync()
    {
        if (_sender.TryTakeEnd(out var writing))
        {
            await writing.ConfigureAwait(false);
            return true;
        }

        await Volatile.Read(ref _deadlineEnd).ConfigureAwait(false);
        return false;
    }

    private void OnDeadline()
    {
        // 1. The handler's end may wait for this task: it is there before the end is taken.
        var ending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _deadlineEnd, ending.Task);
        if (_sender.TryTakeEnd(out var writing))
        {
            _ = EndAtDeadlineAsync(writing, ending);
        }
        else
        {
            ending.SetResult();
        }
    }

    private async Task EndAtDeadlineAsync(Task writing, TaskCompletionSource ending)
    {
        try
        {
            // 2. Tell the handler, on another thread: it may do anything.
            ServerLog.DeadlineExceeded(_service.Logger, _method.FullName);
            _ = _cancellation!.CancelAsync();
            _requests.CancelPendingRead();

            // 3. Get the response.
            if (!writing.IsCompleted)
            {
                _sender.CancelWrite();
                await writing.ConfigureAwait(false);
            }

            // 4. Tell the caller, at once, whether or not the handler returns. A caller that is still sending learns from the end of the
            //    answer that it need not; a reset could overtake what flow control still holds back.
            _sender.SetStatus(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"), Metadata.Empty);
            await Http.Response.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ServerLog.DeadlineFailed(_service.Logger, e, _method.FullName);
        }
        finally
        {
            ending.SetResult();
        }
    }
}
