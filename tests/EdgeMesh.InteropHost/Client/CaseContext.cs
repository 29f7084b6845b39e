using System.Runtime.CompilerServices;
using EdgeMesh.InteropHost.MessageFlags;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace EdgeMesh.InteropHost.Client;

/// <summary>What a case works with: the clients, and the flags of what came back.</summary>
internal sealed class CaseContext(CallInvoker invoker, ResponseFlagHandler responses)
{
    /// <summary>The service under test.</summary>
    public TestService.TestServiceClient Client { get; } = new(invoker);

    /// <summary>The service that nobody offers.</summary>
    public UnimplementedService.UnimplementedServiceClient Unimplemented { get; } = new(invoker);

    /// <summary>Whether the next message of the latest call's response was sent compressed.</summary>
    public bool TakeIsResponseCompressed() => responses.Last!.TakeIsCompressed();

    /// <summary>A payload of zeros.</summary>
    public static Payload Zeros(int sizeBytes) => new() { Body = ByteString.CopyFrom(new byte[sizeBytes]) };

    /// <summary>Fails the case unless both are equal.</summary>
    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new CaseFailedException($"{what} is {actual}, expected {expected}");
        }
    }

    /// <summary>Fails the case unless the call ends with a status.</summary>
    /// <param name="expected">The status code.</param>
    /// <param name="call">Waits for the call's end.</param>
    /// <returns>The exception that told it.</returns>
    public static async Task<RpcException> EndsWithAsync(StatusCode expected, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException e)
        {
            if (e.StatusCode != expected)
            {
                throw new CaseFailedException($"the call ended with {e.Status}, expected {expected}");
            }

            return e;
        }

        throw new CaseFailedException($"the call ended with OK, expected {expected}");
    }
}

/// <summary>A case that did not see what it must: the message says what.</summary>
internal sealed class CaseFailedException(string message) : Exception(message);
