using System.Buffers;
using EdgeMesh.Testing;
using EdgeMesh.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Benchmarks.Peers;

/// <summary>The yardstick: a Kestrel handler that reads the request and answers with a fixed message, and does nothing else.</summary>
/// <remarks>It is also the origin behind peers that relay.</remarks>
internal sealed class BareKestrel : Peer
{
    /// <summary>The hidden command that runs the server in a process of its own; its arguments are sizes in bytes.</summary>
    public const string ServeCommand = "serve-bare";

    private Uri? _address;

    /// <inheritdoc/>
    public override string Name => "kestrel";

    /// <inheritdoc/>
    public override string Description => "bare Kestrel handler: reads the body; sends headers, one frame, trailers";

    /// <summary>The method that answers with so many bytes; its name is as long as that of <see cref="ObjectCalls"/>, which is read at every call.</summary>
    public static string Path(int sizeBytes) => FormattableString.Invariant($"/bench.v1.FixedAnswersService/Get{sizeBytes:D8}");

    /// <summary>A request with an empty message.</summary>
    public static byte[] EmptyRequest() => new byte[MessageFrame.HeaderSize];

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(IEnumerable<int> sizes)
    {
        var answers = sizes.ToDictionary(Path, MakeAnswer);
        return KestrelProcess.ServeAsync(_ => { }, app => app.Run(context => answers.TryGetValue(context.Request.Path.Value!, out var answer)
            ? AnswerAsync(context, answer)
            : RefuseAsync(context)));
    }

    /// <inheritdoc/>
    public override async Task StartAsync(IReadOnlyList<int> sizes) =>
        _address = await KestrelProcess.WaitAsync(StartBeside(isServing: true, KestrelProcess.Assembly, KestrelProcess.Arguments(ServeCommand, sizes)));

    /// <inheritdoc/>
    public override LoadTarget Target(int sizeBytes) => new(new Uri(_address!, Path(sizeBytes)), EmptyRequest());

    /// <summary>A frame with so many bytes.</summary>
    public static byte[] MakeAnswer(int sizeBytes)
    {
        var answer = new byte[MessageFrame.HeaderSize + sizeBytes];
        MessageFrame.WriteHeader(answer, isCompressed: false, (uint)sizeBytes);
        return answer;
    }

    private static async Task AnswerAsync(HttpContext context, byte[] answer)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        context.Response.ContentType = HeaderNames.GrpcContentType;
        context.Response.AppendTrailer(HeaderNames.GrpcStatus, "0");
        context.Response.BodyWriter.Write(answer);
    }

    /// <summary>Trailers-Only UNIMPLEMENTED, which an edge's control stream to an origin gets too.</summary>
    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.ContentType = HeaderNames.GrpcContentType;
        context.Response.Headers[HeaderNames.GrpcStatus] = "12";
        return Task.CompletedTask;
    }
}
