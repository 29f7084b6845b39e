using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Validators;
using Perfolizer.Horology;

namespace EdgeMesh.Benchmarks.Operations;

/// <summary>Has BenchmarkDotNet measure single operations, in this process: it has the runtime settings of a node, and nothing need be built.</summary>
internal static class OperationsRun
{
    // A tenth of a second an iteration averages over the turns of the scheduler; BenchmarkDotNet's half second makes the whole run some five times as long.
    private static readonly TimeInterval IterationTime = TimeInterval.FromMilliseconds(100);

    /// <summary>Measures, and writes one table for each class of benchmarks to standard output.</summary>
    /// <param name="rounds">Iterations that count, at least 1.</param>
    /// <param name="classes">The benchmarks.</param>
    /// <returns>Whether all could be measured.</returns>
    public static bool TryMeasure(int rounds, params IReadOnlyList<Type> classes)
    {
        var log = new AccumulationLogger();
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(rounds).WithIterationTime(IterationTime))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddColumn(StatisticColumn.Median)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddValidator(JitOptimizationsValidator.FailOnError)
            .AddLogger(log)
            .WithOptions(ConfigOptions.DisableLogFile)
            .WithArtifactsPath(Path.GetTempPath());
        foreach (var benchmarks in classes)
        {
            var summary = BenchmarkRunner.Run(benchmarks, config);
            if (summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
            {
                Console.Error.WriteLine(log.GetLog());
                return false;
            }

            MarkdownExporter.GitHub.ExportToLog(summary, ConsoleLogger.Unicode);
        }

        return true;
    }
}
