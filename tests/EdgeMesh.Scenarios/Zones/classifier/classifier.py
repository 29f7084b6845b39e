"""An inference service: which digit an 8x8 grey image shows, by a neural network with one hidden layer.

Serves vision.v1.Classifier/Classify: google.protobuf.BytesValue with 64 grey values, row by row, to google.protobuf.StringValue
with the digit. Weights: a JSON file with hidden and output layers, each a list of rows that end with the bias. It listens on
127.0.0.1 at the port of the variable PORT, and knows of nothing else around it.
"""

import json
import os
import signal
import sys
from concurrent import futures

import grpc
from google.protobuf import wrappers_pb2


def dense(layer, values):
    return [sum(weight * value for weight, value in zip(row, values)) + row[-1] for row in layer]


class Classifier:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            weights = json.load(file)
        self.hidden, self.output = weights["hidden"], weights["output"]
        self.inputs = len(self.hidden[0]) - 1

    def classify(self, request, context):
        if len(request.value) != self.inputs:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"image must have {self.inputs} grey values, got {len(request.value)}")
        hidden = [max(0.0, sum_) for sum_ in dense(self.hidden, [grey / 255 for grey in request.value])]
        scores = dense(self.output, hidden)
        return wrappers_pb2.StringValue(value=str(scores.index(max(scores))))


def main():
    classifier = Classifier(sys.argv[1])
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    method = grpc.unary_unary_rpc_method_handler(
        classifier.classify, request_deserializer=wrappers_pb2.BytesValue.FromString, response_serializer=wrappers_pb2.StringValue.SerializeToString
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("vision.v1.Classifier", {"Classify": method})])
    server.add_insecure_port(f"127.0.0.1:{os.environ['PORT']}")
    server.start()
    # Running calls may end: SIGTERM is how a supervisor stops a service.
    signal.signal(signal.SIGTERM, lambda *_: server.stop(grace=5))
    server.wait_for_termination()


if __name__ == "__main__":
    main()
