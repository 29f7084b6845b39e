"""The standard interop cases: https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md

grpcio shows the compressed flag of no message. So the cases server_compressed_unary and server_compressed_streaming check
sizes here, as the description permits.
"""

import os
import queue

import grpc

REQUEST_BYTES = 271828
RESPONSE_BYTES = 314159
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = "x-grpc-test-echo-trailing-bin"
PLAIN_MESSAGE = "test status message"
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"


class Service:
    """A stub: one callable per method."""

    def __init__(self, channel, protos, name):
        for method, path, request, response, kinds in protos.methods(name):
            make = getattr(channel, "_".join(kinds))
            setattr(self, method, make(path, request_serializer=request.SerializeToString, response_deserializer=response.FromString))


class Requests:
    """A stream of requests that is fed while the call runs."""

    def __init__(self):
        self._queue = queue.Queue()

    def put(self, request):
        self._queue.put(request)

    def close(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


class Cases:
    """One method per case, of the case's name; each raises when it does not see what it must."""

    def __init__(self, channel, protos):
        self.protos = protos
        self.service = Service(channel, protos, "TestService")
        self.unimplemented = Service(channel, protos, "UnimplementedService")

    def empty_unary(self):
        equal(0, self.service.EmptyCall(self.protos.Empty()).ByteSize())

    def large_unary(self):
        equal(bytes(RESPONSE_BYTES), self.service.UnaryCall(self._large()).payload.body)

    def client_streaming(self):
        requests = (self.protos.StreamingInputCallRequest(payload=self._zeros(size)) for size in REQUEST_SIZES)
        equal(74922, self.service.StreamingInputCall(requests).aggregated_payload_size)

    def server_streaming(self):
        wanted = [{"size": size} for size in RESPONSE_SIZES]
        call = self.service.StreamingOutputCall(self.protos.StreamingOutputCallRequest(response_parameters=wanted))
        equal(RESPONSE_SIZES, sizes(call))

    def ping_pong(self):
        requests = Requests()
        call = self.service.FullDuplexCall(iter(requests))
        for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
            requests.put(self._ping(request_size, response_size))
            equal(response_size, len(next(call).payload.body))
        requests.close()
        equal([], sizes(call))
        equal(grpc.StatusCode.OK, call.code())

    def empty_stream(self):
        call = self.service.FullDuplexCall(iter([]))
        equal([], sizes(call))
        equal(grpc.StatusCode.OK, call.code())

    def client_compressed_unary(self):
        yes, no = ({"value": True}, {"value": False})
        probe = self._large(expect_compressed=yes)
        ends(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.service.UnaryCall(probe))
        response = self.service.UnaryCall(probe, compression=grpc.Compression.Gzip)
        equal(RESPONSE_BYTES, len(response.payload.body))
        response = self.service.UnaryCall(self._large(expect_compressed=no))
        equal(RESPONSE_BYTES, len(response.payload.body))

    def server_compressed_unary(self):
        for compressed in (True, False):
            response = self.service.UnaryCall(self._large(response_compressed={"value": compressed}))
            equal(RESPONSE_BYTES, len(response.payload.body))

    def client_compressed_streaming(self):
        request = self.protos.StreamingInputCallRequest
        first = request(payload=self._zeros(27182), expect_compressed={"value": True})
        ends(grpc.StatusCode.INVALID_ARGUMENT, lambda: self.service.StreamingInputCall(iter([first])))

        # grpcio has no flag per message, but sends uncompressed what compression would not make smaller: random bytes.
        second = request(payload={"body": os.urandom(45904)}, expect_compressed={"value": False})
        response = self.service.StreamingInputCall(iter([first, second]), compression=grpc.Compression.Gzip)
        equal(73086, response.aggregated_payload_size)

    def server_compressed_streaming(self):
        wanted = [{"size": 31415, "compressed": {"value": True}}, {"size": 92653, "compressed": {"value": False}}]
        call = self.service.StreamingOutputCall(self.protos.StreamingOutputCallRequest(response_parameters=wanted))
        equal([31415, 92653], sizes(call))

    def custom_metadata(self):
        sent = (INITIAL, (TRAILING, b"\xab\xab\xab"))

        def check(call):
            equal([INITIAL[1]], [value for name, value in call.initial_metadata() if name == INITIAL[0]])
            equal([b"\xab\xab\xab"], trailing(call))

        response, call = self.service.UnaryCall.with_call(self._large(), metadata=sent)
        equal(RESPONSE_BYTES, len(response.payload.body))
        check(call)
        call = self.service.FullDuplexCall(iter([self._ping(REQUEST_BYTES, RESPONSE_BYTES)]), metadata=sent)
        equal([RESPONSE_BYTES], sizes(call))
        check(call)

    def status_code_and_message(self):
        self._ends_with_message(PLAIN_MESSAGE)
        request = self.protos.StreamingOutputCallRequest(response_status={"code": 2, "message": PLAIN_MESSAGE})
        call = self.service.FullDuplexCall(iter([request]))
        equal(PLAIN_MESSAGE, ends(grpc.StatusCode.UNKNOWN, lambda: sizes(call)).details())

    def special_status_message(self):
        self._ends_with_message(SPECIAL_MESSAGE)

    def unimplemented_method(self):
        ends(grpc.StatusCode.UNIMPLEMENTED, lambda: self.service.UnimplementedCall(self.protos.Empty()))

    def unimplemented_service(self):
        ends(grpc.StatusCode.UNIMPLEMENTED, lambda: self.unimplemented.UnimplementedCall(self.protos.Empty()))

    def cancel_after_begin(self):
        requests = Requests()
        call = self.service.StreamingInputCall.future(iter(requests))
        call.cancel()
        equal(grpc.StatusCode.CANCELLED, call.code())
        requests.close()

    def cancel_after_first_response(self):
        requests = Requests()
        call = self.service.FullDuplexCall(iter(requests))
        requests.put(self._ping(27182, 31415))
        equal(31415, len(next(call).payload.body))
        call.cancel()
        ends(grpc.StatusCode.CANCELLED, lambda: next(call))
        requests.close()

    def timeout_on_sleeping_server(self):
        requests = Requests()
        call = self.service.FullDuplexCall(iter(requests), timeout=0.001)
        requests.put(self.protos.StreamingOutputCallRequest(payload=self._zeros(27182)))
        ends(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(call))
        requests.close()

    def duplicate_binary_metadata(self):
        """Not a standard case: values under one name stay apart, in order."""
        values = [b"\xab\xab\xab", b"\x2c\x20\x00\xff", b"\x01"]
        _, call = self.service.UnaryCall.with_call(self.protos.SimpleRequest(), metadata=[(TRAILING, value) for value in values])
        equal(values, trailing(call))

    def _zeros(self, size):
        return self.protos.Payload(body=bytes(size))

    def _large(self, **more):
        return self.protos.SimpleRequest(response_size=RESPONSE_BYTES, payload=self._zeros(REQUEST_BYTES), **more)

    def _ping(self, request_size, response_size):
        return self.protos.StreamingOutputCallRequest(payload=self._zeros(request_size), response_parameters=[{"size": response_size}])

    def _ends_with_message(self, message):
        request = self.protos.SimpleRequest(response_status={"code": 2, "message": message})
        equal(message, ends(grpc.StatusCode.UNKNOWN, lambda: self.service.UnaryCall(request)).details())


NAMES = [name for name in vars(Cases) if not name.startswith("_")]


def sizes(call):
    return [len(response.payload.body) for response in call]


def trailing(call):
    return [value for name, value in call.trailing_metadata() if name == TRAILING]


def equal(expected, actual):
    if expected != actual:
        raise AssertionError(f"{str(actual)[:200]}, expected {str(expected)[:200]}")


def ends(code, call):
    """Asserts that a call ends with a status, and returns the error that told it."""
    try:
        call()
    except grpc.RpcError as error:
        equal(code, error.code())
        return error
    raise AssertionError(f"the call ended with OK, expected {code}")
