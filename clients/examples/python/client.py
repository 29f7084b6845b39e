"""An ordinary gRPC client in Python: the same against the service itself and against an edge.

Stubs, once:  python3 -m grpc_tools.protoc -I../protos --python_out=. --grpc_python_out=. shop/v1/catalog.proto
Run:          python3 client.py [TARGET [ID]]        (default 127.0.0.1:6401, an edge, and product 1)
"""

import sys
import time

import grpc
from shop.v1 import catalog_pb2, catalog_pb2_grpc


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:6401"
    product = sys.argv[2] if len(sys.argv) > 2 else "1"
    with grpc.insecure_channel(target) as channel:
        catalog = catalog_pb2_grpc.CatalogStub(channel)
        for _ in range(3):
            start = time.perf_counter()
            answer, call = catalog.GetProduct.with_call(catalog_pb2.GetProductRequest(id=product), timeout=10)
            elapsed_ms = (time.perf_counter() - start) * 1000
            status = dict(call.initial_metadata()).get("cache-status", "no cache on the way")
            print(f"{answer.name}, {answer.price_cents} cents, lookup {answer.lookups}, {elapsed_ms:.1f} ms, {status}", flush=True)


if __name__ == "__main__":
    main()
