// Looks for answers that reach somebody whose they are not: two to five identities ask, with random metadata, of an origin that declares now this, now that.

import { gunzipSync, gzipSync } from 'node:zlib';
import { errorCodes } from '../http2/connection.mjs';
import { ClientCall } from './client.mjs';

// Few values of each, so that calls meet; some run into each other when they are joined without care.
const credentialNames = ['authorization', 'cookie', 'x-api-key', 'proxy-authorization'];
const credentialValues = ['a', 'b', 'ab', 'Bearer a', 'Bearer ab', 'Bearer a,b', ''];
const metadataNames = ['x-lang', 'x-tenant', 'x-unit-bin'];
const metadataValues = ['', 'a', 'b', 'ab', 'a,b'];
const inertMetadata = [['user-agent', 'one'], ['user-agent', 'two'], ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], ['cache-control', 'no-cache'], ['grpc-accept-encoding', 'gzip'], ['grpc-timeout', '60S']];
const resources = 60;
const epochCalls = 2000; // After which identities and resources are others.

// What an origin may declare, and how often. `private` and the like must reach their caller alone, and so must all that is not public.
const declarations = [
  [6, 'public, max-age=60'], [4, 'public, max-age=1, stale-while-revalidate=2, stale-if-error=5'], [5, 'max-age=60'], [3, 'max-age=1, stale-while-revalidate=2, stale-if-error=5'],
  [1, 's-maxage=60'], [1, 'private, max-age=60'], [1, 'no-store'], [1, 'public, no-store, max-age=60'], [1, 'max-age=60, x-public="public"'], [2, undefined], [1, 'public'],
];
const varies = [[12, undefined], [2, 'x-lang'], [1, 'x-lang, x-tenant'], [1, 'authorization'], [1, 'x-unit-bin'], [1, '*']];

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Makes calls; resolves to { calls, reused, failed, crossings: [text] }.
 * @param options target; origin; calls; seed; most: crossings after which it stops; connections and callers at the same time
 */
export async function fuzz({ target, origin, calls, seed, most = 20, connections = 6, callers = 48 }) {
  const random = randomNumbers(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const weighted = (list) => {
    let at = random() * list.reduce((sum, [weight]) => sum + weight, 0);
    return list.find(([weight]) => (at -= weight) < 0)?.[1];
  };
  const result = { calls: 0, reused: 0, failed: 0, crossings: [] };
  const run = seed.toString(36) + Date.now().toString(36);
  const name = `fuzz${run}`;
  const identityRandom = randomNumbers(seed + 1); // Of its own: the same identities for the same seed, however calls interleave.
  const state = { identities: [], epoch: -1, begun: 0 };

  // 1. The origin notes in its answer, in metadata and in message, who asked what, and what it declares.
  let answers = 0;
  origin.add(name, {
    async answer(exchange) {
      const messages = await exchange.readAll();
      exchange.number = ++answers;
      const cacheControl = weighted(declarations);
      const vary = weighted(varies);
      const record = JSON.stringify({ number: exchange.number, asked: describe(exchange.request), message: text(messages[0]), isPublic: isPublic(cacheControl), vary: vary ?? '' });
      const coded = Buffer.from(record).toString('base64');
      const initial = { 'x-record': coded, ...(vary && { vary }), ...(random() < 0.03 && { 'set-cookie': 'session=1' }), ...(random() < 0.3 && { etag: '"1"' }) };
      if (random() < 0.3) {
        await new Promise((resolve) => setTimeout(resolve, random() * 20));
      }
      const fate = random();
      if (fate < 0.02) {
        exchange.reset(errorCodes.internalError);
      } else if (fate < 0.06) {
        await exchange.say({ cc: cacheControl, initial, trailersOnly: true, status: pick([5, 5, 7, 14, 13]) });
      } else if (fate < 0.1) {
        await exchange.say({ cc: cacheControl, initial, message: coded, status: pick([0, 5, 13]), trailers: pick([{ 'cache-control': 'no-store' }, { vary: '*' }, { 'set-cookie': 'session=1' }]) });
      } else {
        const isCoded = random() < 0.2 && /gzip/.test(exchange.request.get('grpc-accept-encoding') ?? '');
        await exchange.say({ cc: cacheControl, initial: { ...initial, ...(isCoded && { 'grpc-encoding': 'gzip' }) }, message: isCoded ? gzipSync(coded) : coded, isCompressed: isCoded });
      }
    },
  });

  // 2. Callers, who read what they get.
  const open = await Promise.all(Array.from({ length: connections }, () => target.connect()));
  const seen = new Set();
  const call = async (index) => {
    const epoch = Math.floor(state.begun++ / epochCalls);
    if (epoch !== state.epoch) {
      state.identities = makeIdentities(identityRandom);
      state.epoch = epoch;
    }
    const metadata = [...pick(state.identities), ...metadataNames.filter(() => random() < 0.15).flatMap((own) => (random() < 0.1 ? [[own, pick(metadataValues)], [own, pick(metadataValues)]] : [[own, pick(metadataValues)]])), ...inertMetadata.filter(() => random() < 0.15)];
    if (metadata.length % 4 === 3) {
      metadata.push(['grpc-encoding', 'gzip']);
    }
    const message = `resource ${state.epoch}.${Math.floor(resources * random() ** 2)}`;
    const connection = open[index % open.length].isClosed ? (open[index % open.length] = await target.connect()) : open[index % open.length];
    const one = new ClientCall(connection, target.isTls ? 'https' : 'http', { path: `/cachetests.v1.Fuzz/${name}_Get`, authority: target.authority, metadata });
    const asked = describe(one.request);
    const isCoded = one.request.has('grpc-encoding');
    await one.send(isCoded ? gzipSync(message) : message, { isCompressed: isCoded });
    await one.end();
    if (random() < 0.02) {
      one.cancel();
      return;
    }
    const answer = await one.whole();
    result.calls++;
    const record = readRecord(answer);
    if (!record) {
      result.failed++;
      return;
    }
    result.reused += seen.has(record.number) ? 1 : 0;
    seen.add(record.number);
    const fault = crossing(record, asked, message, answer);
    if (fault) {
      result.crossings.push(`${fault}: asked ${JSON.stringify({ ...asked, message })}, got ${JSON.stringify(record)}, status ${answer.status}`);
    }
  };
  let left = calls;
  await Promise.all(Array.from({ length: callers }, async (_, index) => {
    while (left-- > 0 && result.crossings.length < most) {
      await call(index);
    }
  }));
  open.forEach((connection) => connection.close());
  return result;
}

/** Two to five sets of credentials; most differ from another in one place alone: a value, a name, one credential more or less, values that changed places. */
function makeIdentities(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const identities = random() < 0.4 ? [[]] : []; // With callers without credentials, or not.
  for (let count = 2 + Math.floor(random() * 4); identities.length < count; ) {
    if (!identities.length || random() < 0.3) {
      identities.push(credentialNames.filter(() => random() < 0.5).map((name) => [name, pick(credentialValues)]));
      continue;
    }
    if (random() < 0.2) {
      const other = pick(identities);
      identities.push(other.map(([name], i) => [name, other[(i + 1) % other.length][1]]));
      continue;
    }
    const name = pick(credentialNames);
    const like = pick(identities).filter(([own]) => own !== name);
    identities.push(random() < 0.3 ? like : [...like, [name, pick(credentialValues)]].sort(([a], [b]) => credentialNames.indexOf(a) - credentialNames.indexOf(b)));
  }
  return identities;
}

/** What of a request may choose its answer: credentials, and metadata that is not known to choose none. */
function describe(request) {
  const of = (names) => names.flatMap((name) => request.all(name).map((value) => `${name}: ${value}`)).join('; ');
  return { identity: of(credentialNames), metadata: of(metadataNames) };
}

function text({ isCompressed, bytes }) {
  return (isCompressed ? gunzipSync(bytes) : bytes).toString('latin1');
}

function isPublic(cacheControl) {
  return /(^|[ ,])public($|[ ,])/.test(cacheControl ?? '') && !/no-store|private/.test(cacheControl);
}

function readRecord(answer) {
  const value = answer.initial?.get('x-record');
  return value === undefined ? undefined : JSON.parse(Buffer.from(value, 'base64').toString());
}

/** In what an answer is another's; undefined: in nothing. */
function crossing(record, asked, message, answer) {
  if (record.message !== message) {
    return 'the answer to another message';
  }
  if (record.asked.metadata !== asked.metadata) {
    return 'the answer to other metadata';
  }
  const mayShare = record.isPublic && !answer.initial.has('set-cookie');
  if (record.asked.identity !== asked.identity && !mayShare) {
    return "another identity's answer";
  }
  if (/authorization/.test(record.vary) && authorization(record.asked.identity) !== authorization(asked.identity)) {
    return 'the answer to another authorization, by which it varies';
  }
  if (answer.messages.length && text(answer.messages[0]) !== answer.initial.get('x-record')) {
    return "the message of one answer under another's metadata";
  }
  return undefined;
}

function authorization(identity) {
  return identity.split('; ').filter((one) => one.startsWith('authorization')).join();
}
