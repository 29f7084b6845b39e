#!/usr/bin/env node
// Proves of every case that it can pass, and that it can fail: all pass on the suite's own proxy; each fails on every one that is broken in a way that the case names; and the
// required ones pass on a proxy that stores nothing. The exit code is 0 when all of this is so. Options: --filter TEXT.

import { parseArgs } from 'node:util';
import { cases } from './cases/index.mjs';
import { Proxy } from './proxy/proxy.mjs';
import { Target } from './suite/client.mjs';
import { Origin } from './suite/origin.mjs';
import { runCases } from './suite/runner.mjs';

// Proxies at the same time, and seconds after which a call on a broken one counts as hanging: to hang is one way to fail.
const together = 16;
const brokenCallSeconds = 3;

// What does not come out as it must is tried again so often, alone: a machine that stood still for a moment proves nothing.
const retries = 4;

const { values } = parseArgs({ options: { filter: { type: 'string', default: '' } } });
const chosen = cases.filter(({ id }) => new RegExp(values.filter).test(id));
const faults = [];
const start = Date.now();

// 1. The whole proxy, and one that stores nothing.
const passing = [expectPasses(chosen, []), expectPasses(chosen.filter(({ kind }) => kind === 'required'), ['never-stores'])];

// 2. The broken ones, each with the cases that name it.
const byBreak = new Map();
for (const one of chosen) {
  if (!one.breaks?.length) {
    faults.push(`${one.id} names nothing that breaks it`);
  }
  one.breaks?.forEach((name) => byBreak.set(name, [...(byBreak.get(name) ?? []), one]));
}
const waiting = [...byBreak];
const doubtful = [];
await Promise.all([...passing, ...Array.from({ length: together }, async () => {
  while (waiting.length) {
    const [name, named] = waiting.shift();
    const left = await passingOn(name, named);
    if (left.length) {
      doubtful.push([name, left]);
    }
  }
})]);
for (const [name, named] of doubtful) {
  let left = named;
  for (let tries = 0; left.length && tries < retries; tries++) {
    left = await passingOn(name, left);
  }
  left.forEach(({ id }) => faults.push(`${id} passes on a proxy that ${name}`));
}

// 3. No two cases share an id or a rule.
for (const property of ['id', 'rule']) {
  const seen = new Set();
  cases.forEach((one) => (seen.has(one[property]) ? faults.push(`the ${property} of ${one.id} is another case's, too: ${one[property]}`) : seen.add(one[property])));
}

faults.forEach((fault) => console.log(fault));
console.log(`${chosen.length} cases, ${byBreak.size} broken proxies, ${faults.length} faults, ${((Date.now() - start) / 1000).toFixed(1)} s`);
process.exit(faults.length ? 1 : 0);

async function expectPasses(some, broken) {
  for (const { id, outcome, reason } of await runOn(some, broken, { retries })) {
    if (outcome !== 'pass') {
      faults.push(`${id} fails on ${broken.length ? `a proxy that ${broken}` : 'the whole proxy'}: ${reason}`);
    }
  }
}

async function passingOn(name, some) {
  const results = await runOn(some, name.split('+'), { callSeconds: brokenCallSeconds });
  return some.filter((_, i) => results[i].outcome === 'pass');
}

async function runOn(some, broken, options) {
  const origin = new Origin();
  const proxy = new Proxy({ host: '127.0.0.1', port: await origin.listen() }, broken);
  const target = new Target(`127.0.0.1:${await proxy.listen()}`);
  try {
    return await runCases(some, { target, origin, ...options });
  } finally {
    proxy.close();
    origin.close();
  }
}
