using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace EdgeMesh.Introspection;

/// <summary>One running call of a <see cref="DynamicMethod"/>. Its answers are read once, by one reader.</summary>
public sealed class DynamicCall : IDisposable
{
    private readonly DynamicMethod _method;
    private readonly AsyncDuplexStreamingCall<byte[], byte[]> _call;
    private readonly IAsyncEnumerable<string> _requests;
    private readonly CancellationTokenSource _cancel;
    private volatile ExceptionDispatchInfo? _requestFailure;
    private bool _disposed;

    internal DynamicCall(DynamicMethod method, AsyncDuplexStreamingCall<byte[], byte[]> call, IAsyncEnumerable<string> requests, CancellationTokenSource cancel)
    {
        _method = method;
        _call = call;
        _requests = requests;
        _cancel = cancel;
    }

    /// <summary>The response's initial metadata, once it is there.</summary>
    public Task<Metadata> ResponseHeadersAsync => _call.ResponseHeadersAsync;

    /// <summary>Field values in the answers so far that the descriptor does not have; they are not in the JSON.</summary>
    public int UnknownFields { get; private set; }

    /// <summary>The response's trailing metadata, after the last answer or the failure.</summary>
    public Metadata GetTrailers() => _call.GetTrailers();

    /// <summary>Sends the requests and gives the answers as JSON, both as they come.</summary>
    /// <exception cref="RpcException">The call failed; INTERNAL also when the server sent more or fewer answers than the method's type allows.</exception>
    /// <exception cref="ProtoJsonException">A request does not fit, or an answer is malformed.</exception>
    /// <exception cref="ArgumentException">There are more or fewer requests than the method's type allows.</exception>
    public async IAsyncEnumerable<string> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var stop = cancellation.Register(Cancel);
        _ = SendAsync();
        try
        {
            var count = 0;
            while (await NextAsync().ConfigureAwait(false) is { } answer)
            {
                if (++count > 1 && !_method.Descriptor.IsServerStreaming)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "the server sent more than one answer to a method that has one"));
                }

                yield return ToJson(answer);
            }

            if (count == 0 && !_method.Descriptor.IsServerStreaming)
            {
                throw new RpcException(new Status(StatusCode.Internal, "the server sent no answer to a method that has one"));
            }
        }
        finally
        {
            // The answers are over, or the reader left: what is still to be sent has no use. It is not waited for: a request may be one that a person never types.
            Cancel();
        }
    }

    /// <summary>Ends the call if it still runs.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Cancel();
        _call.Dispose();
        _cancel.Dispose();
    }

    private void Cancel()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call is over; the sender of its requests outlived it.
        }
    }

    private string ToJson(byte[] answer)
    {
        var json = _method.Json.ToJson(_method.Descriptor.OutputType, answer, out var unknown);
        UnknownFields += unknown;
        return json;
    }

    // A request that does not fit cancels the call; the reader gets to know why rather than that.
    private async Task<byte[]?> NextAsync()
    {
        try
        {
            if (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
            {
                return _call.ResponseStream.Current;
            }
        }
        catch (RpcException) when (_requestFailure is not null)
        {
            // Told below.
        }

        _requestFailure?.Throw();
        return null;
    }

    private async Task SendAsync()
    {
        try
        {
            if (_method.Descriptor.IsClientStreaming)
            {
                await foreach (var request in _requests.WithCancellation(_cancel.Token).ConfigureAwait(false))
                {
                    var bytes = _method.Json.ToWire(_method.Descriptor.InputType, request);
                    if (!await TrySendAsync(writer => writer.WriteAsync(bytes)).ConfigureAwait(false))
                    {
                        return;
                    }
                }
            }
            else
            {
                var bytes = await TheOneRequestAsync().ConfigureAwait(false);
                if (!await TrySendAsync(writer => writer.WriteAsync(bytes)).ConfigureAwait(false))
                {
                    return;
                }
            }

            await TrySendAsync(writer => writer.CompleteAsync()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            // The answers are over, or the reader left.
        }
        catch (Exception e)
        {
            // First why, then the end: the reader that sees the end finds why.
            _requestFailure = ExceptionDispatchInfo.Capture(e);
            Cancel();
        }
    }

    // False: the server ended the call before it had all requests, and the answers say how.
    private async Task<bool> TrySendAsync(Func<IClientStreamWriter<byte[]>, Task> send)
    {
        try
        {
            await send(_call.RequestStream).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<byte[]> TheOneRequestAsync()
    {
        byte[]? one = null;
        await foreach (var request in _requests.WithCancellation(_cancel.Token).ConfigureAwait(false))
        {
            if (one is not null)
            {
                throw new ArgumentException($"{_method.Descriptor.FullName} takes one request, got more");
            }

            one = _method.Json.ToWire(_method.Descriptor.InputType, request);
        }

        return one ?? throw new ArgumentException($"{_method.Descriptor.FullName} takes one request, got none");
    }
}
