"""Runs interop cases with grpcio against a server: one line per case, exit code 0 when all passed."""

import argparse
import sys

import grpc

import cases
import protos


def connect(flags):
    target = f"{flags.server_host}:{flags.server_port}"
    if not flags.test_ca_file:
        return grpc.insecure_channel(target)
    with open(flags.test_ca_file, "rb") as authority:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(authority.read()))


def main():
    parser = argparse.ArgumentParser()
    for name in ("server_host", "server_port", "test_case", "descriptors"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--test_ca_file")
    flags = parser.parse_args()

    failures = 0
    with connect(flags) as channel:
        runner = cases.Cases(channel, protos.Protos(flags.descriptors))
        for name in cases.NAMES if flags.test_case == "all" else [flags.test_case]:
            try:
                getattr(runner, name)()
                print(f"{name}: passed", flush=True)
            except (AssertionError, grpc.RpcError) as error:
                failures += 1
                print(f"{name}: FAILED: {' '.join(str(error).split())}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
