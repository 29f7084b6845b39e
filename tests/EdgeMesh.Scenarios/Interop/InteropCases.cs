namespace EdgeMesh.Scenarios.Interop;

/// <summary>The names of the interop cases, and which of them an implementation has no means for.</summary>
internal static class InteropCases
{
    public static readonly IReadOnlyList<string> All =
    [
        "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
        "client_compressed_unary", "server_compressed_unary", "client_compressed_streaming", "server_compressed_streaming",
        "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method", "unimplemented_service",
        "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",

        // Not a standard case: binary values under one name stay apart, in order.
        "duplicate_binary_metadata",
    ];

    /// <summary>By server: the cases that it cannot serve, with the reason.</summary>
    public static readonly IReadOnlyDictionary<InteropProgram, IReadOnlyDictionary<string, string>> NotServedBy =
        new Dictionary<InteropProgram, IReadOnlyDictionary<string, string>>
        {
            [InteropProgram.GrpcJs] = new Dictionary<string, string>
            {
                ["server_compressed_unary"] = "a grpc-js server cannot compress answers",
                ["server_compressed_streaming"] = "a grpc-js server cannot compress answers",
            },
            [InteropProgram.Python] = new Dictionary<string, string>
            {
                ["client_compressed_unary"] = "grpcio does not tell a handler whether a message came compressed",
                ["client_compressed_streaming"] = "grpcio does not tell a handler whether a message came compressed",
                ["duplicate_binary_metadata"] = "grpcio 1.51 does not split binary values that .NET's transport has joined with commas",
            },
            [InteropProgram.Ours] = new Dictionary<string, string>(),
        };
}
