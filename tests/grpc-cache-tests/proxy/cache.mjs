// The proxy's stored answers: keys, what may be used for which call, and when.

import { gunzipSync } from 'node:zlib';
import { Fields } from '../http2/fields.mjs';
import { frame, unframe } from '../http2/messages.mjs';
import { credentials, influences, storedFields } from './metadata.mjs';
import { readRules, trailersForbid } from './rules.mjs';

const maxKeyedBytes = 64 * 1024;
const maxStoredBytes = 4 * 1024 * 1024;

// NOT_FOUND, and the statuses that are failures: of these a stale answer may take the place (docs/caching.md, "Stale answers").
const notFound = '5';
const failures = ['2', '4', '13', '14'];

/** What makes two calls the same. Null: the call cannot be keyed. */
export function makeKeys(request, body, { has }) {
  const { messages, rest } = unframe(body);
  let message = messages[0]?.bytes;
  if (has('keys-nothing-as-empty') && !body.length) {
    messages.push({ isCompressed: false, bytes: (message = Buffer.alloc(0)) });
  }
  if ((messages.length !== 1 && !has('keys-first-message')) || !message || rest.length || message.length > maxKeyedBytes * (has('keys-large-messages') ? 1024 : 1)) {
    return null;
  }
  if (messages[0].isCompressed && !has('keys-compressed-bytes')) {
    try {
      message = gunzipSync(message, { maxOutputLength: maxKeyedBytes });
    } catch (error) {
      if (has('trusts-bombs')) {
        throw error;
      }
      return null;
    }
  }
  const path = request.get(':path');
  const parts = {
    path: has('keys-decoded-path') ? decodeURIComponent(path) : has('keys-path-without-query') ? path.split('?')[0] : has('keys-lower-case') ? path.toLowerCase() : path,
    host: request.get('x-forwarded-host') ?? request.get(':authority') ?? '',
    type: request.get('content-type'),
    message: message.toString('latin1'),
  };
  if (has('keys-without-message')) delete parts.message;
  if (has('keys-message-prefix')) parts.message = parts.message.slice(0, 1024);
  if (has('keys-without-host')) delete parts.host;
  if (has('trusts-forwarded-host')) parts.host = request.get(':authority');
  if (has('keys-without-type')) delete parts.type;
  if (has('keys-without-method')) parts.path = parts.path.replace(/[^_]*$/, '');
  if (has('keys-without-service')) parts.path = parts.path.replace(/.*\//, '');
  if (has('keys-user-agent')) parts.agent = request.get('user-agent');
  if (has('keys-timeout')) parts.timeout = request.get('grpc-timeout');
  if (has('keys-trace')) parts.trace = request.get('traceparent');
  if (has('keys-accept-encoding')) parts.accept = request.get('grpc-accept-encoding');
  const shared = has('keys-joined-without-lengths') ? Object.values(parts).join('') : JSON.stringify(parts);
  const identity = identityOf(request, has);
  const own = identity === null ? shared : `${identity}\n${shared}`;
  const flight = `${has('collapses-identities') ? shared : own}\n${has('collapses-metadata') ? '' : JSON.stringify(influences(request))}`;
  return { shared, own, flight, isAnonymous: identity === null };
}

function identityOf(request, has) {
  const names = credentials.filter((name) => !has(`ignores-${name}`) && !(has('knows-standard-credentials-only') && /api-key|amz/.test(name)));
  const found = request.pairs.filter(([name]) => names.includes(name)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  if (!found.length || has('ignores-identity') || (has('empty-credential-is-none') && found.every(([, value]) => value === ''))) {
    return null;
  }
  if (has('first-credential-only')) {
    return found[0].join('=');
  }
  return has('credentials-without-names') ? JSON.stringify(found.map(([, value]) => value).sort()) : has('joins-credentials') ? found.map(([, value]) => value).join('') : JSON.stringify(found);
}

/** The store. Times are milliseconds. */
export class Cache {
  #entries = new Map();

  constructor({ has }) {
    this.has = has;
  }

  /** The entry that a call may be answered from, if it is fresh enough; undefined: none. */
  find(request, keys) {
    const all = [...(this.#entries.get(keys.own) ?? []), ...(keys.isAnonymous ? [] : (this.#entries.get(keys.shared) ?? []).filter((entry) => entry.rules.isPublic || this.has('anonymous-is-shared')))];
    return all.filter((entry) => this.#matches(entry, request)).sort((a, b) => b.storedAt - a.storedAt)[0];
  }

  #matches(entry, request) {
    const { has } = this;
    const names = new Set(entry.rules.vary);
    return (has('uses-despite-metadata') || influences(request).every(([name]) => names.has(name) || entry.own.some(([own]) => own === name)))
      && entry.rules.vary.every((name) => same(values(request, name, has), values(entry.request, name, has)) || (has('vary-absent-matches') && !request.has(name)));
  }

  /**
   * Stores an answer if it may be.
   * @returns undefined, or why not
   */
  store(request, keys, answer) {
    const { has } = this;
    const now = Date.now();
    const refusal = this.refusal(request, answer, now);
    if (refusal) {
      return refusal;
    }
    const rules = readRules(answer.initial, { has, now, isTrailersOnly: answer.isTrailersOnly });
    const key = rules.isPublic ? keys.shared : keys.own;
    const isShown = (name) => !has('keeps-one-variant') && name;
    const entry = {
      request, rules, storedAt: now, body: answer.body, isTrailersOnly: answer.isTrailersOnly,
      own: has('stores-despite-metadata') ? influences(request) : [],
      initial: storedFields(answer.initial, { has }), trailers: storedFields(answer.trailers ?? new Fields([['grpc-status', '0']]), { has }),
    };
    const older = has('keeps-first-answer') && this.#entries.get(key)?.[0];
    if (older) {
      older.storedAt = now;
      return undefined;
    }
    const others = (this.#entries.get(key) ?? []).filter((old) => isShown(old) && !this.#sameVariant(old, entry));
    this.#entries.set(key, [entry, ...others]);
    return undefined;
  }

  /** Why an answer must not be stored; undefined: it may be. */
  refusal(request, answer, now = Date.now()) {
    const { has } = this;
    const { messages, rest } = unframe(answer.body);
    const status = answer.trailers?.get('grpc-status');
    if (answer.failure && !has('stores-broken-off')) {
      return 'failed';
    }
    if (!answer.initial || (answer.notGrpc && !has('stores-not-grpc'))) {
      return 'not-grpc';
    }
    if (answer.isTrailersOnly) {
      const isKnown = (status === notFound && !has('no-negative')) || (has('stores-any-error') && status !== '0') || (has('stores-trailers-only-ok') && status === '0');
      if (!isKnown) {
        return 'trailers-only';
      }
    } else {
      const isOk = status === '0' || (status === undefined && has('stores-missing-status')) || (has('stores-bad-status') && status !== undefined && !/^\d+$/.test(status)) || (has('stores-late-errors') && /^\d+$/.test(status ?? '') && status !== '0');
      const isOne = messages.length === 1 || (messages.length > 1 && has('stores-streams')) || (messages.length === 0 && has('stores-empty'));
      if (!isOk || !isOne || (rest.length && !has('stores-truncated')) || answer.body.length > maxStoredBytes) {
        return 'failed';
      }
      if (messages[0]?.isCompressed && !answer.initial.has('grpc-encoding') && !has('stores-uncoded-compressed')) {
        return 'failed';
      }
      if (trailersForbid(answer.trailers ?? new Fields(), { has })) {
        return 'forbidden';
      }
    }
    const source = has('permits-in-trailers') ? new Fields([...answer.initial.pairs, ...(answer.trailers?.pairs ?? [])]) : answer.initial;
    const rules = readRules(source, { has, now, isTrailersOnly: answer.isTrailersOnly });
    if (rules.refusal) {
      return rules.refusal;
    }
    answer.initial = source;
    if ((has('request-no-store') && /no-store/.test(request.get('cache-control') ?? ''))) {
      return 'request';
    }
    const unkeyed = influences(request).some(([name]) => !rules.vary.includes(name));
    return unkeyed && !has('stores-despite-metadata') ? 'unkeyed-metadata' : undefined;
  }

  /** Takes an entry out. */
  remove(entry) {
    for (const [key, entries] of this.#entries) {
      this.#entries.set(key, entries.filter((one) => one !== entry));
    }
  }

  #sameVariant(old, entry) {
    return JSON.stringify(old.rules.vary) === JSON.stringify(entry.rules.vary) && entry.rules.vary.every((name) => same(values(old.request, name, this.has), values(entry.request, name, this.has)));
  }

  /** Seconds that an entry is fresh for; negative: stale for. */
  ttl(entry) {
    return this.has('never-expires') ? 60 : entry.rules.lifetime - (Date.now() - entry.storedAt) / 1000;
  }

  /** Whether an entry may be used while it is asked for anew, or (`isFailing`) instead of a failure. */
  mayUseStale(entry, isFailing) {
    const { staleWhileRevalidate, staleIfError } = entry.rules;
    const window = isFailing ? staleIfError : staleWhileRevalidate;
    return window > 0 && (-this.ttl(entry) < window || this.has(isFailing ? 'error-window-endless' : 'revalidate-window-endless'));
  }

  /** Whether an answer is a failure that a stale one may stand in for. */
  isFailure(answer) {
    const { has } = this;
    if (has('every-error-is-stale') && answer.trailers?.get('grpc-status') !== '0') {
      return true;
    }
    const status = answer.trailers?.get('grpc-status');
    return Boolean((answer.failure && !has('only-status-is-failure')) || answer.notGrpc || (has('only-unavailable-is-failure') ? status === '14' : failures.includes(status)));
  }

  /** What a caller gets of an entry: { initial, body, trailers, isTrailersOnly }, or null when it cannot be put in a coding that the caller takes. */
  read(entry, request) {
    const { has } = this;
    const age = Math.floor(entry.rules.age * (has('forgets-received-age') ? 0 : 1) + (has('age-stands-still') ? 0 : (Date.now() - entry.storedAt) / 1000));
    const isOwn = ([name]) => !(has('drops-stored-vary') && name === 'vary');
    let initial = [...entry.initial.filter(isOwn), ...(has('no-age') ? [] : [['age', String(age)]])];
    let { body } = entry;
    const accepts = (request.get('grpc-accept-encoding') ?? '').split(',').map((one) => one.trim().toLowerCase());
    const coding = entry.rules.coding;
    if (coding !== 'identity' && !accepts.includes(coding) && !has('gives-any-coding')) {
      const { messages } = unframe(body);
      if (coding !== 'gzip' || entry.rules.mustNotTransform) {
        return null;
      }
      try {
        body = Buffer.concat(messages.map((one) => frame(one.isCompressed ? gunzipSync(one.bytes) : one.bytes)));
      } catch {
        if (!has('trusts-gzip')) {
          return null;
        }
      }
      initial = initial.filter(([name]) => name !== 'grpc-encoding');
    }
    const trailers = has('hits-without-trailers') ? entry.trailers.filter(([name]) => name.startsWith('grpc-')) : entry.trailers;
    if (has('hits-move-trailers') && !entry.isTrailersOnly) {
      return { initial: [...initial, ...trailers.filter(([name]) => !name.startsWith('grpc-'))], body, trailers: [['grpc-status', '0']], isTrailersOnly: false };
    }
    return { initial, body: has('cuts-hits') ? body.subarray(0, 16_384) : has('sets-compressed-flag') ? Buffer.concat([Buffer.from([1]), body.subarray(1)]) : body, trailers, isTrailersOnly: entry.isTrailersOnly && !has('splits-negative-hits') };
  }
}

function values(request, name, has) {
  const all = request.all(name);
  return has('vary-ignores-order') ? all.sort() : has('vary-first-value-only') ? all.slice(0, 1) : has('vary-ignores-bin') && name.endsWith('-bin') ? [] : (has('vary-ignores-credentials') && credentials.includes(name)) || (has('vary-ignores-inert') && !influences(request).some(([own]) => own === name) && !credentials.includes(name)) ? [] : all;
}

function same(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
