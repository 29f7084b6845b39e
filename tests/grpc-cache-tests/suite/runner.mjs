// Runs cases against a proxy, many at a time.

import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { ClientCall } from './client.mjs';
import { Unmet, demand, demandAnswer, demandFields } from './expect.mjs';
import { Script } from './origin.mjs';
import { Transcript } from './transcript.mjs';

/** Seconds that a call may take before it counts as hanging; the times that cases give for this and that are those of this one, and grow with it. */
export const defaultCallSeconds = 10;

// Cases at the same time, and seconds that a case may take besides its calls.
const defaultConcurrency = 48;
const caseSeconds = 20;

/**
 * Runs cases; resolves to their results in order: { id, area, kind, outcome: 'pass' | 'fail', reason, seconds, tries }.
 * Cases that disturb the origin's connections run alone, after all others. Then those that failed run again, alone, up to `retries` times each: a machine that stood still for
 * a moment makes a case fail once, a rule that is broken makes it fail each time. `transcripts`: a list gets { id, transcript } of each case that ran.
 */
export async function runCases(cases, { target, origin, callSeconds = defaultCallSeconds, concurrency = defaultConcurrency, retries = 0, transcripts }) {
  const results = new Map();
  const run = async (one, tries = 1) => {
    const transcript = transcripts && new Transcript();
    transcripts?.push({ id: one.id, transcript });
    results.set(one.id, { ...(await runCase(one, { target, origin, callSeconds, transcript })), tries });
  };
  const waiting = cases.filter((one) => !one.isExclusive);
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (waiting.length) {
      await run(waiting.shift());
    }
  }));
  for (const one of cases.filter((each) => each.isExclusive)) {
    await run(one);
  }
  for (const one of cases) {
    for (let tries = 2; tries <= retries + 1 && results.get(one.id).outcome === 'fail'; tries++) {
      await run(one, tries);
    }
  }
  return cases.map((one) => results.get(one.id));
}

async function runCase(one, environment) {
  const start = performance.now();
  const context = new Context(one, environment);
  const result = { id: one.id, area: one.area, kind: one.kind, outcome: 'pass', reason: undefined, seconds: 0 };
  try {
    await within(environment.callSeconds + caseSeconds, 'the case', (one.run ?? runCalls)(context));
    const fault = context.origin.calls.find((call) => call.fault)?.fault;
    if (fault) {
      throw fault;
    }
  } catch (error) {
    result.outcome = 'fail';
    result.reason = error instanceof Unmet ? error.message : `${error.message} (${error.stack?.split('\n')[1]?.trim().replace(/^at .*grpc-cache-tests\//, '')})`;
  } finally {
    context.close();
  }
  result.seconds = (performance.now() - start) / 1000;
  return result;
}

/** The calls of a case that is data alone, one after the other. */
async function runCalls(t) {
  for (const call of t.case.calls) {
    if (call.wait) {
      await t.wait(call.wait);
    }
    await t.expect(call);
  }
}

function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Unmet(`${what} did not end within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** What a case works with: its own methods, its own connections, its own script of the origin. */
export class Context {
  #connections = [];
  #main;
  #run = randomBytes(4).toString('hex');

  constructor(one, { target, origin, callSeconds, transcript }) {
    this.case = one;
    this.target = target;
    this.callSeconds = callSeconds;
    this.transcript = transcript;
    this.origin = new Script(one.answers ?? [{}]);
    this.origin.transcript = transcript;
    this.name = one.id.replace(/[^a-z0-9]/g, '') + this.#run;
    origin.add(this.name, this.origin);
  }

  /** The path of a method of this case, new in every run: `method` tells several apart. */
  path(method = 'Call', service = 'Cases') {
    return `/cachetests.v1.${service}/${this.name}_${method}`;
  }

  /** A connection of this case's; `fresh`: one that no call has used. */
  async connection({ fresh = false, ...options } = {}) {
    if (!fresh && this.#main && !(await this.#main).isClosed) {
      return this.#main;
    }
    const connecting = within(this.callSeconds, 'connecting', this.target.connect(options)).then((connection) => {
      this.#connections.push(connection);
      return connection;
    });
    if (!fresh) {
      this.#main = connecting;
    }
    return connecting;
  }

  /** Opens a call: request as of ClientCall, with `method` and `service` in place of the path; connection. */
  async open({ method, service, connection, ...request } = {}) {
    const scheme = this.target.isTls ? 'https' : 'http';
    const call = new ClientCall(connection ?? (await this.connection()), scheme, { path: this.path(method, service), authority: this.target.authority, ...request });
    this.transcript?.asked(call);
    return call;
  }

  /** Makes a whole call: request as of `open`, with message (text or bytes, default `question`) or messages; isCompressed; pad; frameBytes. */
  call(request) {
    const answer = this.#call(request);
    answer.catch(() => {}); // A case may have failed before it looks.
    return answer;
  }


  /** Reads a call's answer to its end. */
  whole(call) {
    return within(this.callSeconds, 'a call', call.whole());
  }

  /** Makes a call and holds its answer against `expect`, and what came to the origin, if anything did, against `arrives`. */
  async expect({ expect = {}, arrives, by, wait, ...request }) {
    const before = this.origin.calls.length;
    const answer = await this.call(request);
    demandAnswer(answer, { by, ...expect }, { isReused: answer.by <= before, name: `call ${(this.count = (this.count ?? 0) + 1)}` });
    if (arrives) {
      demand(this.origin.calls.length > before, 'nothing came to the origin');
      demandFields("the origin's request:", this.origin.calls[before].request, arrives);
    }
    return answer;
  }

  /** Waits for something to become true; fails when it does not within `seconds`. */
  async until(what, isSo, seconds = defaultCallSeconds) {
    const limit = this.#scale(seconds);
    for (const end = performance.now() + limit * 1000; !(await isSo()); ) {
      demand(performance.now() < end, `${what}: not within ${limit} s`);
      await this.wait(0.02);
    }
  }

  /** Fails unless a promise resolves in time. */
  within(what, promise, seconds = defaultCallSeconds) {
    return within(this.#scale(seconds), what, promise);
  }

  wait(seconds) {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  #scale(seconds) {
    return (seconds * this.callSeconds) / defaultCallSeconds;
  }

  async #call({ message = 'question', messages = [message], isCompressed, pad, frameBytes, ...request } = {}) {
    const call = await this.open(request);
    const send = async () => {
      for (const one of messages) {
        await call.send(one, { isCompressed, pad, frameBytes });
      }
      await call.end();
    };
    send().catch(() => {}); // The answer tells: it may come before the request has gone.
    return this.whole(call);
  }

  close() {
    this.#connections.forEach((connection) => connection.close());
  }
}
