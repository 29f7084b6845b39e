#!/usr/bin/env node
// Looks for crossings: answers that reach an identity, or metadata, whose they are not. See --help.

import { parseArgs } from 'node:util';
import { Target } from './suite/client.mjs';
import { fuzz } from './suite/fuzz.mjs';
import { Origin } from './suite/origin.mjs';
import { startProxy } from './suite/started.mjs';

const help = `Looks for answers of a proxy that reach somebody whose they are not.

Usage: node fuzz.mjs --proxy ADDRESS [--origin PORT] | --start SCRIPT  [--calls N] [--seed N] [--most N] [--json]

Two to five identities at a time (of authorization, cookie, x-api-key, proxy-authorization) ask for the same few things, with random metadata, codings and cancels; the origin declares
now public, now private, now nothing, varies by this and that, fails now and then, and writes into each answer who asked for it. --proxy, --origin and --start are those of run.mjs.

  --calls N   how many (default 40000)
  --seed N    what the random choices begin with (default: the time, which is said)
  --most N    crossings after which it stops (default 20)
  --json      the result as JSON

The exit code is 0 when nothing crossed and at least a tenth of the answers were used again, 1 when not, and 2 when it could not be run.

Example: node fuzz.mjs --start start/edgemesh.sh --calls 1000000`;

const { values } = parseArgs({
  options: {
    proxy: { type: 'string' }, origin: { type: 'string', default: '9000' }, start: { type: 'string' }, calls: { type: 'string', default: '40000' },
    most: { type: 'string', default: '20' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
  },
});
const [calls, seed, most] = [Number(values.calls), Number(values.seed), Number(values.most)];
if (values.help) {
  console.log(help);
  process.exit(0);
}
if ((values.proxy === undefined) === (values.start === undefined) || !Number.isSafeInteger(calls) || calls < 1 || !Number.isSafeInteger(seed) || !(most >= 1)) {
  console.error('fuzz.mjs: one of --proxy and --start is needed, and whole numbers for --calls, --seed and --most; see --help');
  process.exit(2);
}

const origin = new Origin();
let started;
try {
  const port = await origin.listen(values.start ? 0 : Number(values.origin));
  started = values.start && (await startProxy(values.start, port));
  const begin = Date.now();
  const result = await fuzz({ target: new Target(started?.address ?? values.proxy), origin, calls, seed, most });
  const seconds = (Date.now() - begin) / 1000;
  const share = result.reused / Math.max(1, result.calls);
  if (values.json) {
    console.log(JSON.stringify({ seed, seconds, ...result }, null, 2));
  } else {
    result.crossings.forEach((crossing) => console.log(crossing));
    console.log(`${result.crossings.length} crossings in ${result.calls} calls, ${(share * 100).toFixed(1)} % used again, ${result.failed} failed, seed ${seed}, ${seconds.toFixed(1)} s`);
  }
  process.exitCode = result.crossings.length || share < 0.1 ? 1 : 0;
} catch (error) {
  console.error(`fuzz.mjs: ${error.message}`);
  process.exitCode = 2;
} finally {
  await started?.stop();
  origin.close();
}
