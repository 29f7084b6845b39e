"""An ordinary gRPC service in Python. Its one line for EdgeMesh is the response metadata `cache-control`.

Stubs, once:  python3 -m grpc_tools.protoc -I../protos --python_out=. --grpc_python_out=. shop/v1/catalog.proto
Run:          python3 server.py [PORT]        (default 9000; 0: a free one)
"""

import itertools
import sys
from concurrent import futures

import grpc
from shop.v1 import catalog_pb2, catalog_pb2_grpc

PRODUCTS = {"1": ("teapot", 1999), "2": ("cup", 350)}


class Catalog(catalog_pb2_grpc.CatalogServicer):
    def __init__(self):
        self._lookups = itertools.count(1)

    def GetProduct(self, request, context):
        if request.id not in PRODUCTS:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no product {request.id!r}")
        name, price_cents = PRODUCTS[request.id]
        context.send_initial_metadata((("cache-control", "public, max-age=60"),))
        return catalog_pb2.GetProductResponse(id=request.id, name=name, price_cents=price_cents, lookups=next(self._lookups))


def main():
    server = grpc.server(futures.ThreadPoolExecutor())
    catalog_pb2_grpc.add_CatalogServicer_to_server(Catalog(), server)
    port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 9000}")
    server.start()
    print(f"shop.v1.Catalog listens on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
