using EdgeMesh.Introspection.Tests.Protos;
using Grpc.Core;

namespace EdgeMesh.Introspection.Tests;

/// <summary>One method of each type, simple enough to foretell.</summary>
internal sealed class CatalogService : Catalog.CatalogBase
{
    public override Task<Product> GetProduct(Product request, ServerCallContext context)
    {
        if (request.Name == "missing")
        {
            throw new RpcException(new Status(StatusCode.NotFound, "no such product"), new Metadata { { "why", "sold" } });
        }

        context.ResponseTrailers.Add("caller", context.RequestHeaders.GetValue("caller") ?? "nobody");
        return Task.FromResult(new Product(request) { Stock = request.Stock + 1 });
    }

    public override async Task<Product> PutProducts(IAsyncStreamReader<Product> requestStream, ServerCallContext context)
    {
        var sum = 0L;
        await foreach (var product in requestStream.ReadAllAsync(context.CancellationToken))
        {
            sum += product.Stock;
        }

        return new Product { Stock = sum };
    }

    public override async Task ListProducts(Product request, IServerStreamWriter<Product> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Stock; i++)
        {
            await responseStream.WriteAsync(new Product { Name = $"{request.Name}{i}" });
        }
    }

    // Greets first: a caller that waits for an answer before it sends anything is served.
    public override async Task Chat(IAsyncStreamReader<Product> requestStream, IServerStreamWriter<Product> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new Product { Name = "hello" });
        await foreach (var product in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(new Product { Name = $"re: {product.Name}" });
        }
    }
}
