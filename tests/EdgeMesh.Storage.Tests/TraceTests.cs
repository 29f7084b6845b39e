using EdgeMesh.Storage.Tests.Hosted;
using EdgeMesh.Testing;

namespace EdgeMesh.Storage.Tests;

/// <summary>Looks at the system calls of one Put: what is synced, in which order, before the answer is written.</summary>
public sealed class TraceTests(TraceTests.TracedPut traced) : IClassFixture<TraceTests.TracedPut>
{
    [ForeignFact("strace")]
    public async Task Put_Traced_SyncsTheBodyFileAfterItsLastWriteAndBeforeItsRename()
    {
        var trace = await traced.Trace;
        var rename = trace.BodyRename();
        var lastWrite = trace.Calls.Last(call => call.IsWrite("/bodies/tmp/") && call.Start < rename.Start);

        Assert.Contains(trace.Calls, call => call.IsSync("/bodies/tmp/") && call.Start > lastWrite.End && call.End < rename.Start);
    }

    [ForeignFact("strace")]
    public async Task Put_Traced_SyncsTheDirectoryAfterTheRenameAndBeforeTheMetadata()
    {
        var trace = await traced.Trace;
        var rename = trace.BodyRename();
        var directory = Path.GetDirectoryName(rename.Arguments.Split('"')[3])!;
        var metadata = trace.Calls.First(call => call.IsWrite("metadata.db-wal") && call.Start > rename.End);

        Assert.Contains(trace.Calls, call => call.IsSync(directory + ">") && call.Start > rename.End && call.End < metadata.Start);
    }

    [ForeignFact("strace")]
    public async Task Put_Traced_SyncsTheLogAfterItsLastWriteAndBeforeTheAnswer()
    {
        var trace = await traced.Trace;
        var lastWrite = trace.Calls.Last(call => call.IsWrite("metadata.db-wal") && call.Start < trace.Answer.Start);

        Assert.True(lastWrite.Start > trace.BodyRename().End, "The metadata were written before the body was in its place");
        Assert.Contains(trace.Calls, call => call.IsSync("metadata.db-wal>") && call.Start > lastWrite.End && call.End < trace.Answer.Start);
    }

    /// <summary>Runs one Put under strace, once for all tests.</summary>
    public sealed class TracedPut
    {
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
        private readonly Lazy<Task<SystemCallTrace>> _trace = new(RunAsync);

        internal Task<SystemCallTrace> Trace => _trace.Value;

        private static async Task<SystemCallTrace> RunAsync()
        {
            using var directory = new TempDirectory();
            var file = directory.File("trace");
            await using var child = ChildProcess.Start(
                "strace",
                [
                    "-f", "-y", "-s", "400", "-o", file, "-e", "trace=write,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2",
                    .. ChildStore.CommandLine("put-one", directory.File("data"), "traced-key", "700000"),
                ]);
            Assert.Equal(0, await child.WaitForExitAsync(Limit));
            return SystemCallTrace.Parse(await File.ReadAllLinesAsync(file), "READY", "ANSWERED traced-key");
        }
    }
}
