using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using EdgeMesh.Testing;
using EdgeMesh.Wire;

namespace EdgeMesh.GrpcStack.Tests.Server;

/// <summary>A call whose request stays open: a test sends and reads as it likes. Disposing it resets the stream.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>();
    private readonly CancellationTokenSource _cancel = new();
    private readonly Task<HttpResponseMessage> _response;
    private PipeReader? _incoming;

    public RawCall(ScriptedHost host, string method, params (string Name, string Value)[] headers)
    {
        var request = ScriptedHost.Request(method, new OpenContent(_outgoing.Reader), headers);
        _response = host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _cancel.Token);
    }

    /// <summary>The answer, as soon as its headers are there.</summary>
    public Task<HttpResponseMessage> ResponseAsync => _response.WaitAsync(TestDeadline.Default);

    /// <summary>The request's bytes, queued for sending.</summary>
    public void Send(params byte[][] frames)
    {
        foreach (var frame in frames)
        {
            Assert.True(_outgoing.Writer.TryWrite(frame));
        }
    }

    /// <summary>Ends the request.</summary>
    public void Complete() => _outgoing.Writer.Complete();

    /// <summary>The next message, as sent; null at the end.</summary>
    public async Task<byte[]?> ReadMessageAsync()
    {
        _incoming ??= PipeReader.Create(await (await ResponseAsync).Content.ReadAsStreamAsync());
        while (true)
        {
            var result = await _incoming.ReadAsync().AsTask().WaitAsync(TestDeadline.Default);
            var buffer = result.Buffer;
            if (MessageFrame.TryRead(ref buffer, long.MaxValue, out _, out var message) == MessageFrameStatus.Complete)
            {
                var bytes = message.ToArray();
                _incoming.AdvanceTo(buffer.Start);
                return bytes;
            }

            _incoming.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>Reads the rest, and the status.</summary>
    public async Task<RawAnswer> ReadToEndAsync()
    {
        var response = await ResponseAsync;
        if (_incoming is null)
        {
            return await RawAnswer.ReadAsync(response).WaitAsync(TestDeadline.Default);
        }

        var rest = new List<byte>();
        while (await ReadMessageAsync() is { } message)
        {
            rest.AddRange(Frames.Around(message));
        }

        return RawAnswer.Read(response, [.. rest]);
    }

    /// <summary>Resets the stream.</summary>
    public async Task CancelAsync()
    {
        await _cancel.CancelAsync();
        if (_response.IsCompletedSuccessfully)
        {
            (await _response).Dispose();
        }
    }

    public void Dispose()
    {
        _outgoing.Writer.TryComplete();
        _cancel.Cancel();
        if (_response.IsCompletedSuccessfully)
        {
            _response.GetAwaiter().GetResult().Dispose();
        }

        _cancel.Dispose();
    }

    private sealed class OpenContent(ChannelReader<byte[]> outgoing) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await foreach (var bytes in outgoing.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(bytes, cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
