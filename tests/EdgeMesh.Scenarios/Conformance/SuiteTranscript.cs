using System.Text.Json;

namespace EdgeMesh.Scenarios.Conformance;

/// <summary>What the suite's <c>--transcript</c> has of a case: <c>tests/grpc-cache-tests/suite/transcript.mjs</c> says what each part is.</summary>
internal sealed record SuiteTranscript(string Case, SuiteTranscript.Call[] Client, SuiteTranscript.Exchange[] Origin)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a file: a line a case.</summary>
    public static async Task<List<SuiteTranscript>> ReadAsync(string path) =>
        [.. (await File.ReadAllLinesAsync(path)).Select(line => JsonSerializer.Deserialize<SuiteTranscript>(line, Json)!)];

    /// <summary>A call as its client saw it.</summary>
    internal sealed record Call(double At, string[][] Fields, Body Body, double? Ended, Answer Answer)
    {
        public string Path => Fields.First(one => one[0] == ":path")[1];

        /// <summary>What the edge said of it; empty: nothing.</summary>
        public string CacheStatus => Answer.Initial?.LastOrDefault(one => one[0] == "cache-status")?[1] ?? "";

        /// <summary>Which of the origin's calls it has the answer to; null: that is not said.</summary>
        public int? By => Answer.Initial?.FirstOrDefault(one => one[0] == "x-answer") is { } by ? int.Parse(by[1], System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    /// <summary>What a client got, and when it last read of it.</summary>
    internal sealed record Answer(string[][]? Initial, double? Until);

    /// <summary>A call as the origin saw and answered it.</summary>
    internal sealed record Exchange(double At, int Number, string[][] Fields, string[][]? Initial, string[][]? Trailers, Body Body, string End)
    {
        public string Path => Fields.First(one => one[0] == ":path")[1];
    }

    /// <summary>A body, or its beginning, and how long it was.</summary>
    internal sealed record Body(byte[] Base64, long Bytes);
}
