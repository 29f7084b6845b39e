#!/usr/bin/env node
// Runs the suite against a proxy: see --help and README.md.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cases } from './cases/index.mjs';
import { Target } from './suite/client.mjs';
import { Origin } from './suite/origin.mjs';
import { count, lines, markdown } from './suite/report.mjs';
import { defaultCallSeconds, runCases } from './suite/runner.mjs';
import { startProxy } from './suite/started.mjs';
import { writeTranscripts } from './suite/transcript.mjs';

const help = `Tests a gRPC proxy, above all one that caches: ${cases.length} cases.

Usage: node run.mjs --proxy ADDRESS [--origin PORT] [options]
       node run.mjs --start SCRIPT [options]

  --proxy ADDRESS     where the proxy takes calls: HOST:PORT, http://HOST:PORT (both cleartext HTTP/2), https://HOST:PORT
  --origin PORT       where the suite's origin listens, which the proxy must have as its upstream (default 9000)
  --origin-host HOST  the address that it listens on (default 127.0.0.1)
  --start SCRIPT      brings a proxy up itself, before an origin on a free port: start/edgemesh.sh, start/nginx.sh
  --filter TEXT       only cases whose id has TEXT, or matches it as a regular expression; a comma separates several
  --kind KIND         only required, optimal or check
  --strict            what is not optimal counts as a failure, too
  --list              names the cases instead: id, kind, rule, source
  --json              results as JSON
  --markdown          results as a Markdown table
  --transcript FILE   what was sent and received in each case, a line of JSON a case: see suite/transcript.mjs
  --ca FILE           trust this authority; --insecure: trust any certificate
  --timeout SECONDS   what a call may take before it counts as hanging (default ${defaultCallSeconds})
  --retry N           run what failed again, alone, up to N times: for machines that stand still now and then (default 0)

The exit code is 0 when no required case failed, 1 when one did, and 2 when the suite could not be run.

Examples:
  node run.mjs --proxy 127.0.0.1:6401 --origin 9000
  node run.mjs --start start/edgemesh.sh --strict
  node run.mjs --start start/nginx.sh --filter relay,trailers --json
  node run.mjs --list --filter identity`;

const options = {
  proxy: { type: 'string' }, origin: { type: 'string', default: '9000' }, 'origin-host': { type: 'string', default: '127.0.0.1' }, start: { type: 'string' }, filter: { type: 'string' },
  kind: { type: 'string' }, strict: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false }, transcript: { type: 'string' }, ca: { type: 'string' }, insecure: { type: 'boolean', default: false }, timeout: { type: 'string', default: String(defaultCallSeconds) }, retry: { type: 'string', default: '0' }, help: { type: 'boolean', short: 'h', default: false },
};

/** A mistake of whoever started the suite. */
class UsageError extends Error {}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof UsageError || error.code?.startsWith?.('ERR_PARSE_ARGS') || ['ECONNREFUSED', 'EADDRINUSE', 'ENOENT', 'EACCES', 'ENOTFOUND', 'ENOTSTARTED'].includes(error.code);
  console.error(`grpc-cache-tests: ${known ? error.message : error.stack}`);
  process.exitCode = 2;
}

async function main() {
  const { values: given } = parseArgs({ options });
  if (given.help) {
    console.log(help);
    return 0;
  }
  const chosen = choose(given);
  if (given.list) {
    console.log(given.json ? JSON.stringify(chosen.map(({ id, area, kind, rule, source }) => ({ id, area, kind, rule, source })), null, 2) : chosen.map(({ id, kind, rule, source }) => `${id.padEnd(38)} ${kind.padEnd(9)} ${rule} [${source}]`).join('\n'));
    return 0;
  }
  if ((given.proxy === undefined) === (given.start === undefined)) {
    throw new UsageError('one of --proxy ADDRESS and --start SCRIPT is needed; see --help');
  }
  const results = await test(given, chosen);
  console.log(given.json ? JSON.stringify({ counts: count(results), results }, null, 2) : given.markdown ? markdown(cases, { [given.proxy ?? given.start]: results }) : lines(results).join('\n'));
  return results.some(({ kind, outcome }) => outcome === 'fail' && (kind === 'required' || (given.strict && kind === 'optimal'))) ? 1 : 0;
}

async function test(given, chosen) {
  const callSeconds = number(given.timeout, 'timeout', 0.1, 600);
  const retries = number(given.retry, 'retry', 0, 10);
  const origin = new Origin();
  const port = await origin.listen(given.start ? 0 : number(given.origin, 'origin', 1, 65_535), given['origin-host']);
  let started;
  try {
    started = given.start && (await startProxy(given.start, port));
    const target = new Target(started?.address ?? given.proxy, { ca: given.ca && readFileSync(given.ca), insecure: given.insecure });
    (await target.connect()).close();
    const transcripts = given.transcript === undefined ? undefined : [];
    const results = await runCases(chosen, { target, origin, callSeconds, retries, transcripts });
    if (transcripts) {
      await writeTranscripts(given.transcript, transcripts);
    }
    return results;
  } finally {
    await started?.stop();
    origin.close();
  }
}

function choose({ filter, kind }) {
  if (kind !== undefined && !['required', 'optimal', 'check'].includes(kind)) {
    throw new UsageError(`--kind must be required, optimal or check, not ${kind}`);
  }
  let tests;
  try {
    tests = (filter ?? '').split(',').map((text) => new RegExp(text));
  } catch (error) {
    throw new UsageError(`--filter: ${error.message}`);
  }
  const chosen = cases.filter((one) => tests.some((test) => test.test(one.id)) && (kind ?? one.kind) === one.kind);
  if (!chosen.length) {
    throw new UsageError(`no case matches --filter ${filter}; --list names them`);
  }
  return chosen;
}

function number(text, name, least, most) {
  const value = Number(text);
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} must be a number from ${least} to ${most}, not ${text}`);
  }
  return value;
}
