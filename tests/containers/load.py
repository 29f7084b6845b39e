"""Calls EdgeMesh without a pause until standard input ends, then says what failed.

    load.py ADDRESS[,ADDRESS...] BUCKET KEY

An ordinary gRPC client with round robin over the addresses and nothing of EdgeMesh in it. It has no retry policy; a call that a
node refused unprocessed (GOAWAY) it sends again by itself, as gRPC clients do unless that is turned off (gRFC A6, transparent
retries). One line on standard output at the end: `CALLS calls, FAILED failed`, after one line for each kind of failure; exit
code 1 when there was any.
"""

import collections
import sys
import threading

import grpc

METHOD = "/edgemesh.v1.ObjectStoreService/HeadObject"
WORKERS = 8


def field(number, text):
    data = text.encode()
    return bytes([number << 3 | 2, len(data)]) + data


def main():
    addresses, bucket, key = sys.argv[1:]
    request = field(1, bucket) + field(2, key)
    options = [("grpc.service_config", '{"loadBalancingConfig":[{"round_robin":{}}]}'), ("grpc.default_authority", "localhost")]
    channel = grpc.insecure_channel("ipv4:" + addresses, options)
    call = channel.unary_unary(METHOD)
    over = threading.Event()
    lock = threading.Lock()
    outcomes = collections.Counter()

    def work():
        while not over.is_set():
            try:
                call(request, timeout=10)
                outcome = None
            except grpc.RpcError as error:
                outcome = f"{error.code().name}: {error.details()}"
            with lock:
                outcomes[outcome] += 1

    workers = [threading.Thread(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    sys.stdin.read()
    over.set()
    for worker in workers:
        worker.join()
    channel.close()
    failures = {outcome: count for outcome, count in outcomes.items() if outcome}
    for outcome, count in failures.items():
        print(f"{count} x {outcome}")
    print(f"{sum(outcomes.values())} calls, {sum(failures.values())} failed")
    return 1 if failures or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
