'use strict';
// Calls a method without a pause, by turns at every address, until standard input ends: a line once all callers have had an
// answer, then one a kind of failure, and `CALLS calls, FAILED failed`. A client as it comes: no retry policy.
const flags = require('./flags.js');
const grpc = require('@grpc/grpc-js');

const CALLERS = 32;
const DEADLINE_MS = 20_000;
const pass = (bytes) => bytes;

async function main() {
  const options = flags.parse(['addresses', 'method', 'message']);
  const client = new grpc.Client(`ipv4:${options.addresses}`, grpc.credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.default_authority': 'localhost',
  });
  const message = Buffer.from(options.message, 'hex');
  const failures = new Map();
  let calls = 0;
  let waiting = CALLERS;
  let over = false;
  process.stdin.resume().on('end', () => (over = true));

  const call = () =>
    new Promise((done) => {
      client.makeUnaryRequest(options.method, pass, pass, message, new grpc.Metadata(), { deadline: Date.now() + DEADLINE_MS }, (error) => {
        calls++;
        if (error) {
          failures.set(error.message, (failures.get(error.message) ?? 0) + 1);
        }
        done();
      });
    });
  const caller = async () => {
    await call();
    if (--waiting === 0) {
      console.log('warm');
    }
    while (!over) {
      await call();
    }
  };

  await Promise.all(Array.from({ length: CALLERS }, caller));
  failures.forEach((count, failure) => console.log(`${count} x ${failure}`));
  console.log(`${calls} calls, ${[...failures.values()].reduce((sum, count) => sum + count, 0)} failed`);
  process.exit(0);
}

main();
