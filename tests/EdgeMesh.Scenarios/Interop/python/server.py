"""Serves grpc.testing.TestService with grpcio until its standard input ends.

It cannot check whether a request came compressed: grpcio shows the compressed flag of no message.
"""

import argparse
import sys
import time
from concurrent import futures

import grpc

import protos

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
THREADS = 16


class TestService:
    """One method per method of the service; each takes what grpcio gives a handler of its kind."""

    def __init__(self, messages):
        self.messages = messages

    def EmptyCall(self, request, context):
        return self.messages.Empty()

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        self._echo(context)
        self._end_if_asked(request, context)
        return self.messages.SimpleResponse(payload=self._zeros(request.response_size))

    def StreamingOutputCall(self, request, context):
        if any(parameters.compressed.value for parameters in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        self._echo(context)
        yield from self._answers(request, context)

    def StreamingInputCall(self, requests, context):
        self._echo(context)
        total = sum(len(request.payload.body) for request in requests)
        return self.messages.StreamingInputCallResponse(aggregated_payload_size=total)

    def FullDuplexCall(self, requests, context):
        self._echo(context)
        for request in requests:
            yield from self._answers(request, context)

    def HalfDuplexCall(self, requests, context):
        self._echo(context)
        for request in list(requests):
            yield from self._answers(request, context)

    def _answers(self, request, context):
        self._end_if_asked(request, context)
        for parameters in request.response_parameters:
            if parameters.interval_us:
                time.sleep(parameters.interval_us / 1e6)
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield self.messages.StreamingOutputCallResponse(payload=self._zeros(parameters.size))

    def _end_if_asked(self, request, context):
        if request.response_status.code:
            code = next(c for c in grpc.StatusCode if c.value[0] == request.response_status.code)
            context.abort(code, request.response_status.message)

    def _echo(self, context):
        metadata = context.invocation_metadata()
        context.set_trailing_metadata([(m.key, m.value) for m in metadata if m.key == TRAILING])
        context.send_initial_metadata([(m.key, m.value) for m in metadata if m.key == INITIAL])

    def _zeros(self, size):
        return self.messages.Payload(body=bytes(size))


def handlers(service, messages):
    for name, _, request, response, kinds in messages.methods("TestService"):
        if hasattr(service, name):
            make = getattr(grpc, "_".join(kinds) + "_rpc_method_handler")
            yield name, make(getattr(service, name), request_deserializer=request.FromString, response_serializer=response.SerializeToString)


def main():
    parser = argparse.ArgumentParser()
    for name in ("port", "descriptors"):
        parser.add_argument("--" + name, required=True)
    flags = parser.parse_args()

    messages = protos.Protos(flags.descriptors)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=THREADS))
    methods = dict(handlers(TestService(messages), messages))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.testing.TestService", methods)])
    port = server.add_insecure_port(f"127.0.0.1:{flags.port}")
    server.start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(grace=None)


if __name__ == "__main__":
    main()
