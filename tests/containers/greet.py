"""Greets once, and prints which node's answer it was (`x-edgemesh-node`).

    greet.py ADDRESS

An ordinary gRPC client with nothing of EdgeMesh in it. Exit code 1 and the status on standard error when the call fails.
"""

import sys

import grpc


def main():
    name = b"you"
    with grpc.insecure_channel(sys.argv[1]) as channel:
        call = channel.unary_unary("/demo.v1.GreeterService/Greet")
        try:
            answer, running = call.with_call(bytes([1 << 3 | 2, len(name)]) + name, timeout=10)
        except grpc.RpcError as error:
            print(f"{error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    if b"Hello, you!" not in answer:
        print(f"not a greeting: {answer}", file=sys.stderr)
        return 1
    print(dict(running.initial_metadata()).get("x-edgemesh-node", "nobody says"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
