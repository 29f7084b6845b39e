using System.Buffers;
using EdgeMesh.Benchmarks.Peers;
using EdgeMesh.V1;
using EdgeMesh.Wire;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EdgeMesh.Benchmarks.Routing;

/// <summary>A node that does next to nothing, so that what is measured is its client: a bare Kestrel handler that tells of a mesh of one, answers probes, and answers every other call with one object.</summary>
internal static class BareNode
{
    /// <summary>The hidden command that runs it in a process of its own; its arguments are sizes in bytes: the object's, which is the first, and those of <see cref="BareKestrel"/>'s answers, all.</summary>
    public const string ServeCommand = "serve-node";

    private const string Name = "LHR50-1";
    private const string Region = "eu-west-2";

    /// <summary>Serves until standard input ends.</summary>
    public static Task<int> ServeAsync(IReadOnlyList<int> sizes)
    {
        var answer = Frame(new GetObjectResponse { Content = ByteString.CopyFrom(new byte[sizes[0]]) });
        var fixedAnswers = sizes.Distinct().ToDictionary(BareKestrel.Path, BareKestrel.MakeAnswer);
        var probe = Frame(new ProbeResponse { Node = Name, Region = Region, Residence = new() });
        return KestrelProcess.ServeAsync(_ => { }, app => app.Run(context => context.Request.Path.Value switch
        {
            "/edgemesh.v1.MeshService/WatchMesh" => TellAsync(context, fixedAnswers.Keys),
            "/edgemesh.v1.LatencyService/Probe" => AnswerAsync(context, probe),
            var path => AnswerAsync(context, fixedAnswers.GetValueOrDefault(path!, answer)),
        }));
    }

    private static async Task TellAsync(HttpContext context, IEnumerable<string> paths)
    {
        var mesh = new WatchMeshResponse { Region = Region, Version = 1 };
        mesh.Nodes.Add(new MeshMember { Name = Name, Kind = NodeKind.EdgeLocation, Address = $"http://{context.Request.Host}", State = NodeState.Ready });
        mesh.Methods.Add(new MethodShape { Method = "edgemesh.v1.ObjectStoreService/GetObject", SideEffectFree = true });
        mesh.Methods.AddRange(paths.Select(path => new MethodShape { Method = path[1..], SideEffectFree = true }));
        context.Response.ContentType = HeaderNames.GrpcContentType;
        await context.Response.BodyWriter.WriteAsync(Frame(mesh));
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] answer)
    {
        var reader = context.Request.BodyReader;
        while (await reader.ReadAsync() is var read)
        {
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

    private static byte[] Frame(IMessage message)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.CalculateSize()];
        MessageFrame.WriteHeader(frame, isCompressed: false, (uint)(frame.Length - MessageFrame.HeaderSize));
        message.WriteTo(frame.AsSpan(MessageFrame.HeaderSize));
        return frame;
    }
}
