namespace EdgeMesh.InteropHost.Client;

/// <summary>The standard cases by name, in the order in which <c>all</c> runs them.</summary>
/// <remarks>https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md, "Client"; the last one is ours.</remarks>
internal static class InteropCases
{
    public static readonly OrderedDictionary<string, Func<CaseContext, Task>> All = new(StringComparer.Ordinal)
    {
        ["empty_unary"] = UnaryCases.EmptyUnaryAsync,
        ["large_unary"] = UnaryCases.LargeUnaryAsync,
        ["client_streaming"] = StreamingCases.ClientStreamingAsync,
        ["server_streaming"] = StreamingCases.ServerStreamingAsync,
        ["ping_pong"] = StreamingCases.PingPongAsync,
        ["empty_stream"] = StreamingCases.EmptyStreamAsync,
        ["client_compressed_unary"] = CompressionCases.ClientCompressedUnaryAsync,
        ["server_compressed_unary"] = CompressionCases.ServerCompressedUnaryAsync,
        ["client_compressed_streaming"] = CompressionCases.ClientCompressedStreamingAsync,
        ["server_compressed_streaming"] = CompressionCases.ServerCompressedStreamingAsync,
        ["custom_metadata"] = MetadataCases.CustomMetadataAsync,
        ["status_code_and_message"] = StatusCases.StatusCodeAndMessageAsync,
        ["special_status_message"] = StatusCases.SpecialStatusMessageAsync,
        ["unimplemented_method"] = StatusCases.UnimplementedMethodAsync,
        ["unimplemented_service"] = StatusCases.UnimplementedServiceAsync,
        ["cancel_after_begin"] = EndingCases.CancelAfterBeginAsync,
        ["cancel_after_first_response"] = EndingCases.CancelAfterFirstResponseAsync,
        ["timeout_on_sleeping_server"] = EndingCases.TimeoutOnSleepingServerAsync,
        ["duplicate_binary_metadata"] = MetadataCases.DuplicateBinaryMetadataAsync,
    };
}
