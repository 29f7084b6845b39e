using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeMesh.Admin.Metrics;
using EdgeMesh.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeMesh.Admin.Tests.Metrics;

public sealed class MetricsTextTests : IDisposable
{
    private const string Hostile = "a\\b\"c\nd é \u0001";
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter _meter;
    private readonly MetricsListener _listener;

    public MetricsTextTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _meter = factory.Create("EdgeMesh.Test");
        _listener = new MetricsListener(factory);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Write_Counter_HasUnitAndTotal()
    {
        var counter = _meter.CreateCounter<long>("shop.bytes.sent", "By", "Bytes \"sent\".");
        counter.Add(5, new KeyValuePair<string, object?>("to.whom", "ann"));
        counter.Add(7, new KeyValuePair<string, object?>("to.whom", "ann"));

        Assert.Contains(
            "# TYPE shop_bytes_sent_bytes counter\n# UNIT shop_bytes_sent_bytes bytes\n# HELP shop_bytes_sent_bytes Bytes \\\"sent\\\".\nshop_bytes_sent_bytes_total{to_whom=\"ann\"} 12\n",
            Write(MetricsFormat.OpenMetrics),
            StringComparison.Ordinal);
        Assert.Contains(
            "# TYPE shop_bytes_sent_bytes_total counter\n# HELP shop_bytes_sent_bytes_total Bytes \"sent\".\nshop_bytes_sent_bytes_total{to_whom=\"ann\"} 12\n",
            Write(MetricsFormat.Prometheus),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Histogram_CountsUpToEachBound()
    {
        var histogram = _meter.CreateHistogram("wait", "s", description: null, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00001, 0.5, 1] });
        foreach (var value in (double[])[0.00001, 0.5, 0.75, 3])
        {
            histogram.Record(value);
        }

        Assert.Contains(
            "wait_seconds_bucket{le=\"1e-05\"} 1\nwait_seconds_bucket{le=\"0.5\"} 2\nwait_seconds_bucket{le=\"1.0\"} 3\nwait_seconds_bucket{le=\"+Inf\"} 4\nwait_seconds_count 4\nwait_seconds_sum 4.25001\n",
            Write(MetricsFormat.OpenMetrics),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ObservedSeriesThatWentAway_IsGone()
    {
        string[] nodes = ["LHR50-1", "CDG50-1"];
        _meter.CreateObservableGauge("node.up", () => nodes.Select(node => new Measurement<int>(1, new KeyValuePair<string, object?>("node", node))));
        Assert.Contains("node_up{node=\"CDG50-1\"} 1\n", Write(MetricsFormat.OpenMetrics), StringComparison.Ordinal);

        nodes = ["LHR50-1"];

        var text = Write(MetricsFormat.OpenMetrics);
        Assert.Contains("node_up{node=\"LHR50-1\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("CDG50-1", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_EqualAttributesInOtherObjectsAndOrder_AreOneSeries()
    {
        var counter = _meter.CreateCounter<long>("c");
        counter.Add(1, new KeyValuePair<string, object?>("a", new string("x")), new KeyValuePair<string, object?>("b", 1));
        counter.Add(1, new KeyValuePair<string, object?>("b", 1), new KeyValuePair<string, object?>("a", new string(['x'])));

        Assert.Contains("c_total{a=\"x\",b=\"1\"} 2\n", Write(MetricsFormat.OpenMetrics), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_MoreAttributesThanTheLimit_AreCountedTogether()
    {
        var counter = _meter.CreateCounter<long>("made.up");
        for (var i = 0; i < 5000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("name", $"n{i}"));
        }

        var lines = Write(MetricsFormat.OpenMetrics).Split('\n').Where(line => line.StartsWith("made_up_total", StringComparison.Ordinal)).ToList();
        Assert.Equal(2001, lines.Count);
        Assert.Contains("made_up_total{otel_metric_overflow=\"true\"} 3000", lines);
    }

    [Fact]
    public void Record_OfAnotherNodeOrMeter_IsNotTaken()
    {
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        others.GetRequiredService<IMeterFactory>().Create("EdgeMesh.Test").CreateCounter<long>("elsewhere").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Somebody.Else").CreateCounter<long>("unknown").Add(1);

        var text = Write(MetricsFormat.OpenMetrics);
        Assert.DoesNotContain("elsewhere", text, StringComparison.Ordinal);
        Assert.DoesNotContain("unknown", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_ManyThreads_LosesNone()
    {
        var histogram = _meter.CreateHistogram<double>("parallel");
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                histogram.Record(1, new KeyValuePair<string, object?>("half", (i % 2 == 0 ? "even" : "odd")));
            }
        });

        Assert.Contains("parallel_count{half=\"even\"} 40000\nparallel_sum{half=\"even\"} 40000\n", Write(MetricsFormat.OpenMetrics), StringComparison.Ordinal);
    }

    [Fact]
    public void Record_AttributesKnown_AllocatesNothing()
    {
        var histogram = _meter.CreateHistogram<double>("cheap", "s");
        Record();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Record();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Record() => histogram.Record(0.001, new KeyValuePair<string, object?>("a", "x"), new KeyValuePair<string, object?>("b", "y"), new KeyValuePair<string, object?>("c", "z"));
    }

    [ForeignFact("python3-prometheus-client")]
    public async Task Write_EveryKindWithHostileText_IsTakenByPrometheusOwnParsers()
    {
        _meter.CreateCounter<long>("hostile.counter", "{call}", Hostile).Add(3, new KeyValuePair<string, object?>("text", Hostile));
        _meter.CreateUpDownCounter<long>("hostile.sum", "By").Add(-3);
        _meter.CreateGauge<double>("hostile.gauge").Record(double.NaN, new KeyValuePair<string, object?>("text", ""));
        var histogram = _meter.CreateHistogram<double>("hostile.wait", "s");
        using var source = new ActivitySource("MetricsTextTests");
        using var sampler = new ActivityListener { ShouldListenTo = one => one == source, Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(sampler);
        string trace;
        using (var span = source.StartActivity("traced")!)
        {
            histogram.Record(0.3, new KeyValuePair<string, object?>("text", Hostile));
            trace = span.TraceId.ToHexString();
        }

        const string Script = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
            from prometheus_client.parser import text_string_to_metric_families as prometheus
            text = sys.stdin.buffer.read().decode('utf-8')
            for family in (openmetrics if sys.argv[1] == 'OpenMetrics' else prometheus)(text):
                for sample in family.samples:
                    if 'hostile' in sample.name:
                        print(family.type, sample.name, sample.labels.get('text', '').encode('unicode_escape').decode(), float(sample.value), sample.exemplar.labels if sample.exemplar else '')
            """;
        var escaped = @"a\\b""c\nd \xe9 \x01";
        foreach (var format in Enum.GetValues<MetricsFormat>())
        {
            var read = await PythonAsync(Script, format.ToString(), Write(format));
            Assert.Contains($"counter hostile_counter_total {escaped} 3.0 \n", read, StringComparison.Ordinal);
            Assert.Contains("gauge hostile_sum_bytes  -3.0 \n", read, StringComparison.Ordinal);
            Assert.Contains("gauge hostile_gauge  nan \n", read, StringComparison.Ordinal);
            Assert.Contains($"histogram hostile_wait_seconds_count {escaped} 1.0 \n", read, StringComparison.Ordinal);
            Assert.Equal(format == MetricsFormat.OpenMetrics, read.Contains(trace, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;version=0.0.1", false)]
    [InlineData("application/openmetrics-text;q=0.4,text/plain;q=0.5", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    [InlineData("what is this", false)]
    public void Choose_AcceptField_PicksTheFormat(string? accept, bool isOpen) =>
        Assert.Equal(isOpen ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus, MetricsEndpoints.Choose([accept]));

    private static async Task<string> PythonAsync(string script, string argument, string input)
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", script, argument]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = python.StandardOutput.ReadToEndAsync();
        var error = python.StandardError.ReadToEndAsync();
        await python.StandardInput.BaseStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(input));
        python.StandardInput.Close();
        await python.WaitForExitAsync().WaitAsync(TestDeadline.Default);
        Assert.True(python.ExitCode == 0, await error);
        return await output;
    }

    private string Write(MetricsFormat format) => MetricsText.Write(_listener, "LHR50-1", "0.1.0", format);
}
