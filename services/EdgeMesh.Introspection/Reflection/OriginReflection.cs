using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.Extensions.Logging;

namespace EdgeMesh.Introspection;

/// <summary>Descriptors that an origin tells by its own reflection.</summary>
/// <remarks>
/// A refresh lists its services under the prefix and walks their files, imports included: so message types are found whatever their package. It is done once
/// for all who wait (<see cref="GetAsync"/>), and again after the interval. While the origin is away, what was learned stays <see cref="Known"/>.
/// </remarks>
internal sealed class OriginReflection(OriginDescriptors origin, CallInvoker invoker, IntrospectionTiming timing, DescriptorLimits limits, TimeProvider time, ILogger logger)
    : IDescriptorSource
{
    // Files that were asked for by name, symbol or extension and belong to no service: types within an Any. The oldest go first.
    private const int MaxLearned = 64;

    // Questions beyond the model go to the origin one by one: callers' guesses must not become a flood there.
    private readonly SemaphoreSlim _questions = new(4);
    private readonly Lock _lock = new();
    private volatile DescriptorModel _known = DescriptorModel.Empty;
    private Task<DescriptorModel>? _refresh;
    private long _refreshedAt;
    private RpcException? _failure;

    public string Name => origin.Name;

    public string? ServicePrefix => origin.ServicePrefix;

    public DescriptorModel Known => _known;

    public async ValueTask<DescriptorModel> GetAsync(CancellationToken cancellation)
    {
        Task<DescriptorModel> refresh;
        lock (_lock)
        {
            // A finished refresh, good or bad, stands for its time; a running one is joined.
            if (_refresh is null || (_refresh.IsCompleted && time.GetElapsedTime(_refreshedAt) >= (_failure is null ? timing.RefreshInterval : timing.RetryInterval)))
            {
                _refresh = RefreshAsync();
            }

            refresh = _refresh;
        }

        // A caller that goes away leaves the refresh to the others.
        await refresh.WaitAsync(cancellation).ConfigureAwait(false);
        return _known;
    }

    public async ValueTask<DescriptorMatch?> AskAsync(ServerReflectionRequest question, CancellationToken cancellation)
    {
        var files = await WithConnectionAsync(connection => connection.FetchAsync(question, _ => null, limits), cancellation).ConfigureAwait(false);
        if (files.Count == 0)
        {
            return null;
        }

        var pool = new DescriptorPool(limits);
        foreach (var file in files)
        {
            pool.Add(file);
        }

        lock (_lock)
        {
            _known = _known.WithLearned(pool, MaxLearned, limits.MaxBytes);
        }

        return new DescriptorMatch(pool, files[0]);
    }

    public async ValueTask<IReadOnlyList<int>> AskExtensionNumbersAsync(string type, CancellationToken cancellation)
    {
        var answer = await WithConnectionAsync(
            connection => connection.AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = type }),
            cancellation).ConfigureAwait(false);

        // Many servers do not answer this question: then what was learned is all there is.
        return answer.AllExtensionNumbersResponse is { } numbers ? [.. numbers.ExtensionNumber.Take(limits.MaxFiles)] : [];
    }

    private async Task<DescriptorModel> RefreshAsync()
    {
        // Off the caller's thread, and out of its lock, before anything is called.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var model = await WithConnectionAsync(WalkAsync, CancellationToken.None).ConfigureAwait(false);
            Settle(model, failure: null);
            return model;
        }
        catch (RpcException e)
        {
            if (Settle(model: null, e) is null)
            {
                OriginReflectionLog.RefreshFailed(logger, Name, e.Status.Detail);
            }

            throw;
        }
    }

    // Answers the failure before this one: an outage is logged once.
    private RpcException? Settle(DescriptorModel? model, RpcException? failure)
    {
        lock (_lock)
        {
            var before = _failure;
            _known = model ?? _known;
            _failure = failure;
            _refreshedAt = time.GetTimestamp();
            return before;
        }
    }

    private async Task<DescriptorModel> WalkAsync(ReflectionConnection connection)
    {
        var listed = await connection.ListServicesAsync().ConfigureAwait(false);
        var services = listed.Where(origin.Owns).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(limits.MaxServices).ToList();
        var pools = new List<DescriptorPool>();
        var byService = new Dictionary<string, DescriptorPool>(StringComparer.Ordinal);

        // One origin has one file of a name; an upstream that merges several may have more, and says which only next to the service that it belongs to.
        var reusable = new Dictionary<string, DescriptorFile>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            try
            {
                var question = new ServerReflectionRequest { FileContainingSymbol = service };
                var files = await connection.FetchAsync(question, reusable.GetValueOrDefault, limits).ConfigureAwait(false);
                if (files.Count > 0)
                {
                    byService[service] = Place(files, pools);
                }

                foreach (var file in origin.ServicePrefix.Length > 0 ? files : [])
                {
                    reusable.TryAdd(file.Name, file);
                }
            }
            catch (Exception e) when (e is DescriptorException or ReflectionAnswerException)
            {
                OriginReflectionLog.ServiceUnusable(logger, Name, service, e.Message);
            }
        }

        return new DescriptorModel(services, byService, []);
    }

    private DescriptorPool Place(IReadOnlyList<DescriptorFile> files, List<DescriptorPool> pools)
    {
        var pool = pools.FirstOrDefault(pool => pool.Accepts(files));
        if (pool is null)
        {
            pools.Add(pool = new DescriptorPool(limits));
        }

        if (pools.Sum(one => one.Bytes) + files.Sum(file => file.Bytes.Length) > limits.MaxBytes)
        {
            throw new DescriptorException($"{files[0].Name}: with it and its imports, more than the limit of {limits.MaxBytes} bytes of one origin");
        }

        foreach (var file in files)
        {
            pool.Add(file);
        }

        return pool;
    }

    // Every way that asking can fail becomes one RpcException that names the origin.
    private async Task<T> WithConnectionAsync<T>(Func<ReflectionConnection, Task<T>> ask, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(timing.AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            await _questions.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                using var connection = new ReflectionConnection(invoker, either.Token);
                return await ask(connection).ConfigureAwait(false);
            }
            finally
            {
                _questions.Release();
            }
        }
        catch (Exception e) when (timeout.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            throw Failure(StatusCode.Unavailable, $"no answer within {timing.AnswerTimeout.TotalSeconds:0} s");
        }
        catch (RpcException e) when (e is not ReflectionAnswerException && e.StatusCode == StatusCode.Unimplemented)
        {
            // Said on: a caller that reads UNIMPLEMENTED takes it that we have no reflection.
            throw Failure(StatusCode.FailedPrecondition, "it has no server reflection; a descriptor set can describe its services instead");
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            throw Failure(e.StatusCode, e.Status.Detail);
        }
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
        {
            // Descriptors that cannot be used, or a channel that the node has closed.
            throw Failure(StatusCode.Internal, e.Message);
        }
    }

    private RpcException Failure(StatusCode status, string detail) => new(new Status(status, $"reflection of {Name}: {detail}"));
}

internal static partial class OriginReflectionLog
{
    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "Descriptors not refreshed: {Failure} ({Origin})")]
    public static partial void RefreshFailed(ILogger logger, string origin, string failure);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "Descriptors of service {Service} of {Origin} are unusable: {Problem}")]
    public static partial void ServiceUnusable(ILogger logger, string origin, string service, string problem);
}
