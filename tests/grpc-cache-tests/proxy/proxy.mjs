// A gRPC proxy with a cache, small enough to be read, that keeps every rule of the suite; and, by a name of breaks.mjs, breaks one.
// It shows that each case can pass, and that each can fail. It is no proxy to be put to use.

import net from 'node:net';
import { Connection, errorCodes } from '../http2/connection.mjs';
import { Fields } from '../http2/fields.mjs';
import { unframe } from '../http2/messages.mjs';
import { Cache, makeKeys } from './cache.mjs';
import { Caller } from './caller.mjs';
import { Fetch } from './fetch.mjs';
import { downstreamFields, isMalformed, parseTimeout, upstreamFields } from './metadata.mjs';
import { relay } from './relay.mjs';
import { readRules } from './rules.mjs';

// Milliseconds that a call waits for the end of its request: who is silent that long is a stream.
const unaryWait = 300;
const maxUnaryBytes = 1 << 20;

export class Proxy {
  #server;
  #connections = new Set();
  #upstream;
  #flights = new Map();
  #uncacheable = new Set();
  #jar;
  #remembered = [];
  #cancels = 0;

  /** @param upstream { host, port } */
  constructor(upstream, broken = []) {
    this.upstream = upstream;
    const names = new Set(broken);
    this.has = (name) => names.has(name);
    this.cache = new Cache(this);
  }

  /** Listens; resolves to the port. */
  async listen(port = 0, host = '127.0.0.1') {
    this.#server = net.createServer((socket) => {
      const connection = new Connection(socket, {
        isServer: true, initialWindow: 1 << 16, onStream: (stream) => this.#handle(stream).catch(() => stream.reset(errorCodes.internalError)), has: this.has,
      });
      this.#connections.add(connection);
      connection.ended.then(() => this.#connections.delete(connection));
    });
    await new Promise((resolve) => this.#server.listen(port, host, resolve));
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    this.#connections.forEach((connection) => connection.close());
    this.#upstream?.then((connection) => connection.close(), () => {});
  }

  /** The connection to the upstream, a new one when it is gone or going. */
  async connect() {
    const known = await this.#upstream?.catch(() => undefined);
    if (known && !known.isClosed && !known.goAway) {
      return known;
    }
    if (known && this.has('never-reconnects')) {
      throw new Error('the connection is gone');
    }
    this.#upstream = (async () => {
      const socket = net.connect(this.upstream.port, this.upstream.host);
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      const connection = new Connection(socket, { initialWindow: 1 << 18, has: (name) => name === 'goaway-ends-calls' && this.has(name) });
      await connection.isReady;
      return connection;
    })();
    return this.#upstream;
  }

  get authority() {
    return `${this.upstream.host}:${this.upstream.port}`;
  }

  async #handle(stream) {
    const { has } = this;
    const { fields, end } = await stream.next();
    const request = new Fields(fields);
    if (isMalformed(request, this)) {
      stream.reset(errorCodes.protocolError);
      return;
    }
    const declared = request.get('content-length');
    if (!request.get('content-type')?.startsWith('application/grpc') && !has('takes-any-request')) {
      stream.sendHeaders([[':status', '415']], { end: true });
      return;
    }
    if (fields.length > 2000 || JSON.stringify(fields).length > 256 * 1024) {
      if (has('crashes-on-large-metadata')) {
        this.close();
      }
      stream.sendHeaders([[':status', '431']], { end: true });
      return;
    }
    const timeout = parseTimeout(request, this);
    const caller = new Caller(stream, request, { has, timeout: Number.isNaN(timeout) ? undefined : timeout });
    if (Number.isNaN(timeout) && !has('ignores-bad-timeout')) {
      caller.fail('13', 'malformed grpc-timeout');
      return;
    }

    // 1. A call is unary if its request ends soon, with one message; what came is kept for whatever follows.
    const { body, isWhole, event } = end ? { body: Buffer.alloc(0), isWhole: true } : await this.#readRequest(stream);
    if (isWhole && declared !== undefined && Number(declared) !== body.length && !has('passes-content-length')) {
      stream.reset(errorCodes.protocolError);
      return;
    }
    if (event?.type === 'reset' || event?.type === 'lost') {
      this.#cancels++;
      if (this.#cancels > 50 && has('crashes-on-cancels')) {
        this.close();
      }
      return;
    }
    const keys = isWhole && !has('never-stores') ? makeKeys(request, body, this) : null;
    if (has('one-message') && isWhole) {
      const { messages, rest } = unframe(body);
      if (messages.length > 1 && !rest.length) {
        return this.#unary(caller, null, body.subarray(0, 5 + messages[0].bytes.length));
      }
    }
    if (isWhole && has('trusts-lengths') && unframe(body).rest.length) {
      await new Promise(() => {});
    }
    if (isWhole && (body.length > 0 || end || keys)) {
      await this.#unary(caller, keys, has('drops-empty-messages') && body.length === 5 ? Buffer.alloc(0) : body);
    } else {
      await relay(this, caller, body, { isWhole, event, fields: this.#upstreamFields(caller) });
    }
  }

  async #readRequest(stream) {
    const parts = [];
    let bytes = 0;
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(null), this.has('buffers-requests') ? 1e8 : unaryWait)));
    try {
      for (;;) {
        if ((await Promise.race([stream.ready(), late])) === null) {
          return { body: Buffer.concat(parts), isWhole: false };
        }
        const event = await stream.next();
        if (event.type !== 'data') {
          return { body: Buffer.concat(parts), isWhole: event.type === 'headers', event };
        }
        parts.push(event.bytes);
        bytes += event.bytes.length;
        if (event.end) {
          return { body: Buffer.concat(parts), isWhole: true };
        }
        stream.grant(event.bytes.length);
        if (bytes > maxUnaryBytes) {
          return { body: Buffer.concat(parts), isWhole: false };
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #upstreamFields(caller, { isRevalidating = false, etag } = {}) {
    const { request } = caller;
    const fields = upstreamFields(request, { has: this.has, authority: this.authority, timeout: caller.remaining, isRevalidating });
    if (this.has('widens-accept-encoding') && !request.has('grpc-accept-encoding')) {
      fields.push(['grpc-accept-encoding', 'identity,gzip']);
    }
    if (this.#jar && this.has('keeps-cookies') && !request.has('cookie')) {
      fields.push(['cookie', this.#jar]);
    }
    if (this.has('remembers-metadata')) {
      this.#remembered.push(...request.pairs.filter(([name]) => name.startsWith('x-custom')));
      fields.push(...this.#remembered);
    }
    return etag === undefined ? fields : [...fields, ['if-none-match', etag]];
  }

  async #unary(caller, keys, body) {
    const { has, cache } = this;
    const { request } = caller;
    const directives = has('obeys-request-directives') ? (request.get('cache-control') ?? '') : '';
    if (!keys) {
      await this.#lead(caller, null, body, 'fwd=bypass');
      return;
    }
    for (let turn = 0; !caller.hasEnded; turn++) {
      // 1. A fresh entry, or a stale one that may be used while it is asked for anew.
      const entry = cache.find(request, keys);
      const ttl = entry && !/no-cache|max-age=0/.test(directives) ? cache.ttl(entry) : -Infinity;
      const isStaleUse = ttl <= 0 && entry && cache.mayUseStale(entry, false);
      if (entry && (ttl > 0 || isStaleUse)) {
        const kept = cache.read(entry, request);
        if (kept) {
          if (isStaleUse) {
            this.#refresh(caller, keys, body, entry);
          }
          return this.#replay(caller, kept, `hit; ttl=${Math.floor(ttl)}`);
        }
      }
      if (/only-if-cached/.test(directives)) {
        return caller.fail('14', 'not in the cache');
      }

      // 2. A call in flight: its answer is this one's too if it was stored, or if upstream failed.
      const mayWait = !has('does-not-collapse') && !this.#uncacheable.has(keys.flight) && turn < 4;
      const flight = mayWait ? this.#flights.get(keys.flight) : undefined;
      if (flight) {
        flight.waiting++;
        const outcome = await Promise.race([flight.outcome, caller.left]);
        flight.waiting--;
        if (outcome === 'late' || outcome === 'cancelled') {
          if (has('waiter-takes-all')) {
            flight.fetch.cancel();
          }
          this.#leave(flight);
          return outcome === 'late' ? caller.fail('4', 'the deadline passed') : undefined;
        }
        if (outcome === 'again') {
          continue;
        }
        if (outcome === 'failed') {
          return this.#tell(caller, flight.fetch.answer);
        }
        if (has('shares-everything')) {
          return this.#replay(caller, { initial: flight.fetch.answer.initial.pairs.filter(([name]) => name[0] !== ':'), body: flight.fetch.answer.body, trailers: flight.fetch.answer.trailers?.pairs ?? [], isTrailersOnly: flight.fetch.answer.isTrailersOnly }, 'fwd=miss; collapsed');
        }
        if (outcome === 'stored') {
          continue;
        }
      }

      // 3. Ask.
      const stale = entry && cache.mayUseStale(entry, true) ? entry : undefined;
      return this.#lead(caller, keys, body, entry ? 'fwd=stale' : 'fwd=miss', { entry, stale, mayShare: mayWait && !flight });
    }
  }

  /** Asks in the background, for a stale entry that is being used. */
  #refresh(caller, keys, body, entry) {
    const known = this.#flights.get(keys.flight);
    if (this.has('never-refreshes') || (known && !this.has('refreshes-for-each'))) {
      return;
    }
    const flight = this.#begin(caller, keys, body, { entry, mayShare: true });
    flight.isLed = true; // By nobody: it goes on whoever leaves.
    flight.outcome.then((outcome) => {
      const isAnswer = !this.cache.isFailure(flight.fetch.answer);
      if (outcome === 'unshared' && isAnswer && !this.has('keeps-forbidden')) {
        this.cache.remove(entry);
      } else if (outcome === 'failed' && this.has('drops-on-failure')) {
        this.cache.remove(entry);
      }
    });
  }

  #begin(caller, keys, body, { entry, mayShare }) {
    const { has, cache } = this;
    const etag = entry && !has('does-not-revalidate') && !caller.request.has('if-none-match') ? (has('asks-with-any-etag') ? 'W/"any"' : new Fields(entry.initial).get('etag')) : undefined;
    const condition = has('shares-etags') ? (this.lastEtag ?? etag) : (etag ?? (entry && has('invents-etags') ? '"invented"' : undefined));
    if (etag) {
      this.lastEtag = has('keeps-first-etag') ? (this.lastEtag ?? etag) : etag;
    }
    const fields = this.#upstreamFields(caller, { etag: has('keeps-first-etag') && etag ? this.lastEtag : condition });
    const fetch = new Fetch(() => this.connect(), fields, body, this);
    const flight = { fetch, waiting: 0, isLed: true, key: keys?.flight, isConditional: condition !== undefined };
    flight.outcome = fetch.done.then(async (answer) => {
      if (has('waits-for-slow-readers')) {
        await flight.told;
      }
      if (this.#flights.get(flight.key) === flight) {
        this.#flights.delete(flight.key);
      }
      if (this.has('keeps-cookies') && answer.initial?.has('set-cookie')) {
        this.#jar = answer.initial.get('set-cookie').split(';')[0];
      }
      if (!keys) {
        return 'unshared';
      }
      if ((isNotModified(answer) || (has('aborted-is-not-modified') && answer.trailers?.get('grpc-status') === '10')) && ((flight.isConditional && entry) || has('trusts-not-modified')) && !has('does-not-know-not-modified')) {
        flight.isNotModified = true;
        return this.#renew(caller, keys, entry, answer);
      }
      if (fetch.isCancelled) {
        return has('leader-takes-all') ? 'failed' : 'again';
      }
      if (answer.failure || answer.trailers?.get('grpc-status') === '14') {
        if (!has('stores-broken-off') && !has('stores-any-error')) {
          return has('stampedes') || answer.failure?.status === '1' ? 'unshared' : 'failed';
        }
      }
      const refusal = cache.store(caller.request, keys, answer);
      if (refusal && refusal !== 'failed' && !has('queues-uncacheable')) {
        this.#uncacheable.add(keys.flight);
      }
      if (!refusal) {
        this.#uncacheable.delete(keys.flight);
      }
      return refusal ? 'unshared' : 'stored';
    });
    if (mayShare && keys) {
      this.#flights.set(keys.flight, flight);
    }
    return flight;
  }

  /** "Not modified": the entry still holds, with what the answer says anew of it (RFC 9111 section 4.3.4). */
  #renew(caller, keys, entry, answer) {
    if (!entry) {
      return 'unshared';
    }
    const news = answer.initial.pairs.filter(([name]) => name[0] !== ':' && (!name.startsWith('grpc-') && name !== 'edgemesh-not-modified' && name !== 'content-type') || (this.has('leaks-not-modified') && name === 'edgemesh-not-modified'));
    const isNew = ([name]) => !this.has('renews-without-news') && news.some(([own]) => own === name);
    const initial = new Fields([[':status', '200'], ...entry.initial.filter((field) => !isNew(field)), ...(this.has('renews-without-news') ? [] : news)]);
    const renewed = { initial, trailers: entry.isTrailersOnly ? initial : new Fields(entry.trailers), isTrailersOnly: entry.isTrailersOnly, body: entry.body };
    const refusal = this.cache.store(caller.request, keys, renewed);
    if (refusal && !this.has('keeps-forbidden')) {
      this.cache.remove(entry);
    }
    renewed.kept = { initial: initial.pairs.filter(([name]) => name[0] !== ':'), body: entry.body, trailers: entry.trailers, isTrailersOnly: entry.isTrailersOnly };
    this.renewed = renewed;
    return refusal ? 'unshared' : 'stored';
  }

  /** Asks for a caller, and tells it the answer as it comes. */
  async #lead(caller, keys, body, forward, { entry, stale, mayShare = false } = {}) {
    const flight = this.#begin(caller, keys, body, { entry, mayShare });
    const { fetch } = flight;
    flight.told = this.#follow(caller, keys, flight, forward, { entry, stale });
    const left = await Promise.race([caller.left, flight.told]);
    flight.isLed = false;
    if (left === 'late') {
      caller.fail('4', 'the deadline passed');
    }
    if (left === 'late' || left === 'cancelled') {
      if (this.has('leader-takes-all')) {
        fetch.cancel();
      } else {
        this.#leave(flight);
      }
    }
  }

  async #follow(caller, keys, flight, forward, { entry, stale }) {
    const { has, cache } = this;
    const { fetch } = flight;

    // 1. Who has something to fall back on, or asked whether it still holds, waits for the outcome.
    if (flight.isConditional || stale) {
      const answer = await fetch.done;
      await flight.outcome;
      if (flight.isNotModified && entry) {
        const now = cache.find(caller.request, keys);
        const kept = now && cache.ttl(now) > 0 ? cache.read(now, caller.request) : this.renewed.kept;
        return this.#replay(caller, kept, `${forward}; detail=not-modified`);
      }
      if (stale && cache.isFailure(answer) && cache.mayUseStale(stale, true)) {
        const kept = cache.read(stale, caller.request);
        if (kept) {
          return this.#replay(caller, kept, `${forward}; detail=stale-if-error; ttl=${Math.floor(cache.ttl(stale))}`);
        }
      }
      if (entry && !cache.isFailure(answer) && cache.find(caller.request, keys) === entry && !has('keeps-forbidden')) {
        cache.remove(entry);
      }
    }

    // 2. The answer as it comes.
    const isHeld = has('buffers-responses');
    if (isHeld) {
      await fetch.done;
    }
    for (let index = 0; ; index++) {
      const event = await fetch.event(index);
      const { answer } = fetch;
      if (event.type === 'initial' && !answer.notGrpc) {
        if (has('initial-with-message') && !answer.isTrailersOnly) {
          await fetch.event(index + 1);
        }
        const refusal = keys ? readRules(answer.initial, { has, now: Date.now(), isTrailersOnly: answer.isTrailersOnly }).refusal : undefined;
        const status = `${forward}${keys ? (refusal ? `; detail=${refusal}` : '; stored') : ''}`;
        caller.initial(has('merges-trailers') ? new Fields([...answer.initial.pairs, ...(await fetch.done).trailers?.pairs.filter(([name]) => !name.startsWith('grpc-')) ?? []]) : answer.initial, this.#cacheStatus(answer.initial, status));
      } else if (event.type === 'data' && !answer.notGrpc) {
        await caller.data(event.bytes);
        fetch.take(event.bytes.length);
      } else if (event.type === 'end') {
        return this.#endOf(caller, answer);
      }
    }
  }

  #endOf(caller, answer) {
    if (answer.failure && !caller.hasEnded) {
      if (answer.failure.isReset && this.has('drops-resets')) {
        return undefined;
      }
      caller.fail(answer.failure.status, answer.failure.text);
    } else if (!answer.isTrailersOnly) {
      const trailers = downstreamFields(answer.trailers ?? new Fields(), { has: this.has, block: 'trailers' });
      caller.finish(answer.trailers?.has('grpc-status') ? trailers : [...trailers, ['grpc-status', '0']]);
    }
    return undefined;
  }

  /** Tells a waiter of a failure. */
  #tell(caller, answer) {
    if (answer.failure) {
      caller.fail(answer.failure.status, answer.failure.text);
    } else {
      caller.initial(answer.initial);
      if (!caller.hasEnded) {
        caller.data(answer.body).then(() => caller.finish(downstreamFields(answer.trailers, { has: this.has, block: 'trailers' })));
      }
    }
  }

  async #replay(caller, { initial, body, trailers, isTrailersOnly }, status) {
    const response = new Fields(initial);
    caller.initial(response, this.#cacheStatus(response, status));
    if (!isTrailersOnly && !caller.hasEnded) {
      await Promise.race([caller.data(body), caller.left]);
      caller.finish(downstreamFields(new Fields(trailers), { has: this.has, block: 'trailers' }));
    } else if (isTrailersOnly && !caller.hasEnded) {
      caller.finish(trailers.filter(([name]) => name.startsWith('grpc-')));
    }
  }

  // RFC 9211: at the end of what others said.
  #cacheStatus(response, status) {
    if (this.has('no-cache-status')) {
      return [];
    }
    const own = this.has('bad-cache-status') ? 'reference; "HIT' : `reference; ${this.has('misreports-hits') ? status.replace('hit', 'fwd=miss') : this.has('misreports-ttl') ? status.replace(/ttl=-?\d+/, 'ttl=9999') : this.has('misreports-misses') ? status.replace(/fwd=\w+/, 'hit') : status}`;
    return [['cache-status', own]];
  }

  #leave(flight) {
    if (!flight.isLed && flight.waiting === 0) {
      flight.fetch.cancel();
    }
  }
}

function isNotModified(answer) {
  return answer.isTrailersOnly && answer.trailers?.get('grpc-status') === '10' && answer.initial.get('edgemesh-not-modified') === '1';
}
