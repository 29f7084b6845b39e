"""A gRPC service that knows nothing of EdgeMesh: shop.v1.Catalog, Get and Watch, at the port of $PORT."""
import os
import time
from concurrent import futures

import grpc


def watch(request, context):
    while context.is_active():
        yield request
        time.sleep(0.05)


class Catalog(grpc.GenericRpcHandler):
    def service(self, details):
        return {
            "/shop.v1.Catalog/Get": grpc.unary_unary_rpc_method_handler(lambda request, context: request),
            "/shop.v1.Catalog/Watch": grpc.unary_stream_rpc_method_handler(watch),
        }.get(details.method)


server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers([Catalog()])
server.add_insecure_port("127.0.0.1:" + os.environ["PORT"])
server.start()
print("listens", flush=True)
server.wait_for_termination()
