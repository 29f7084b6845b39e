// What must not get in, must not get through, and must not be said again.

import { demand } from '../suite/expect.mjs';

const malformed = 'RFC 9113 section 8.2.1';
const connection = 'RFC 9113 section 8.2.2';
const replay = 'docs/caching.md, "What an answer says"';

/** A call with fields of one's own after the ordinary ones; whatever comes of it, `isFine` must hold of each request that arrived, its Fields and its Exchange. */
function arrivesClean(more, isFine, message) {
  return async (t) => {
    const call = await t.open({ connection: await t.connection({ fresh: true }), metadata: more });
    await call.send('question');
    await call.end();
    await Promise.race([t.whole(call).catch(() => {}), t.wait(1)]);
    for (const exchange of t.origin.calls) {
      demand(isFine(exchange.request, exchange), message);
    }
    await t.expect({ message: 'an ordinary call afterwards' });
  };
}

export default [
  { id: 'hygiene-control-characters', rule: 'A value with a line feed goes no further', source: malformed, breaks: ['passes-control-characters'], run: arrivesClean([['x-custom', 'a\nx-evil: 1']], (request) => !request.pairs.some(([, value]) => /[\r\n]/.test(value)), 'a line feed arrived') },
  { id: 'hygiene-nul', rule: 'A value with a NUL goes no further', source: malformed, breaks: ['passes-control-characters'], run: arrivesClean([['x-custom', 'a\0b']], (request) => !request.pairs.some(([, value]) => value.includes('\0')), 'a NUL arrived') },
  { id: 'hygiene-upper-case', rule: 'A name in upper case goes no further as it is', source: malformed, breaks: ['passes-upper-case'], run: arrivesClean([['X-Custom', 'a']], (request) => !request.pairs.some(([name]) => /[A-Z]/.test(name)), 'a name in upper case arrived') },
  { id: 'hygiene-connection', rule: "A request's connection-specific fields go no further", source: connection, breaks: ['passes-connection-fields'], run: arrivesClean([['connection', 'x-custom'], ['keep-alive', '5']], (request) => !request.has('connection') && !request.has('keep-alive'), 'connection arrived') },
  { id: 'hygiene-transfer-encoding', rule: 'transfer-encoding goes no further: it has no meaning in HTTP/2', source: connection, breaks: ['passes-connection-fields'], run: arrivesClean([['transfer-encoding', 'chunked']], (request) => !request.has('transfer-encoding'), 'transfer-encoding arrived') },
  {
    id: 'hygiene-te', rule: 'te says nothing but trailers', source: connection, breaks: ['passes-te'],
    async run(t) {
      const call = await t.open({ connection: await t.connection({ fresh: true }), fields: [[':method', 'POST'], [':scheme', 'http'], [':path', t.path()], [':authority', t.target.authority], ['te', 'gzip'], ['content-type', 'application/grpc']] });
      await call.send('question');
      await call.end();
      await Promise.race([t.whole(call), t.wait(1)]);
      for (const { request } of t.origin.calls) {
        demand([undefined, 'trailers'].includes(request.get('te')), `te: ${request.get('te')} arrived`);
      }
    },
  },
  {
    id: 'hygiene-content-length', rule: 'A request does not arrive whole with a content-length that it does not have: it has smuggled requests', source: 'RFC 9113 section 8.1.1', breaks: ['passes-content-length'],
    run: arrivesClean([['content-length', '3']], (request, { end, bytes }) => end?.type !== 'data' || Number(request.get('content-length') ?? bytes) === bytes, 'a whole request arrived with another content-length'),
  },
  {
    id: 'hygiene-response-connection', rule: "An answer's connection-specific fields go no further", source: connection, breaks: ['passes-connection-fields', 'adds-connection-field'],
    answers: [{ initial: { connection: 'keep-alive' } }], calls: [{ expect: { status: /./, initial: { connection: null } } }],
  },
  {
    id: 'hygiene-response-control-characters', rule: "A line feed in an answer's value goes no further, nor into a store", source: malformed, breaks: ['passes-control-characters'],
    answers: [{ cc: 'max-age=60', initial: { 'x-custom': 'a\nset-cookie: b=c' } }],
    async run(t) {
      for (let i = 0; i < 2; i++) {
        const { initial } = await t.call();
        demand(!initial?.pairs.some(([, value]) => /[\r\n]/.test(value)), 'a line feed came back');
      }
    },
  },
  {
    id: 'hygiene-forwarded-host', rule: "x-forwarded-host is a caller's word: what it brings about is not used for calls without it", source: 'docs/caching.md, "What makes two calls the same"', breaks: ['trusts-forwarded-host'],
    answers: [{ cc: 'public, max-age=60' }], calls: [{ metadata: { 'x-forwarded-host': 'evil.example' } }, { by: 2 }],
  },
  {
    id: 'hygiene-request-ids', kind: 'check', rule: "A reused answer does not have another call's ids", source: replay, breaks: ['replays-request-ids'],
    answers: [{ cc: 'max-age=60', initial: { 'x-request-id': 'abc', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } }],
    calls: [{}, { expect: { whenReused: { initial: { 'x-request-id': null, traceparent: null } } } }],
  },
  {
    id: 'hygiene-statistics', kind: 'check', rule: "A reused answer does not have another call's statistics", source: replay, breaks: ['replays-statistics'],
    answers: [{ cc: 'max-age=60', trailers: { 'grpc-server-stats-bin': 'AAAA' } }], calls: [{}, { expect: { whenReused: { trailers: { 'grpc-server-stats-bin': null } } } }],
  },
  {
    id: 'hygiene-pushback', kind: 'check', rule: 'A reused answer does not push back', source: 'gRPC A6 "Server Pushback"', breaks: ['replays-pushback'],
    answers: [{ cc: 'max-age=60', trailers: { 'grpc-retry-pushback-ms': '1000' } }], calls: [{}, { expect: { whenReused: { trailers: { 'grpc-retry-pushback-ms': null } } } }],
  },
  {
    id: 'hygiene-date', kind: 'check', rule: 'A reused answer does not claim to be of now, nor of another time than its age says', source: `RFC 9111 section 4.2.3; ${replay}`, breaks: ['replays-date'],
    answers: [{ cc: 'max-age=60', initial: { date: 'Mon, 01 Jan 2018 00:00:00 GMT', server: 'first' } }, { initial: { server: 'second' } }],
    async run(t) {
      t.origin.answers[0].initial.date = new Date().toUTCString();
      await t.expect({});
      const answer = await t.expect({});
      demand(answer.by !== 1 || !answer.initial.has('server'), `server: ${answer.initial.get('server')} is said again`);
    },
  },
  {
    id: 'hygiene-metadata-kept', rule: 'A reused answer has the metadata of the answer', source: 'RFC 9111 section 3.1', breaks: ['drops-stored-metadata'],
    answers: [{ cc: 'max-age=60', initial: { 'x-custom': ['b', 'a'], 'x-custom-bin': '/v8', etag: '"1"' } }],
    calls: [{}, { expect: { whenReused: { initial: { 'x-custom': ['b', 'a'], 'x-custom-bin': '/v8', etag: '"1"' } } } }],
  },
  {
    id: 'hygiene-declaration-kept', rule: 'A reused answer says what it declared: caches below obey it, too', source: 'RFC 9111 section 3.1', breaks: ['drops-declaration'],
    answers: [{ cc: 'max-age=60' }], calls: [{}, { expect: { whenReused: { initial: { 'cache-control': 'max-age=60' } } } }],
  },
  {
    id: 'hygiene-type-kept', rule: 'A reused answer has its media type', source: 'RFC 9111 section 3.1', breaks: ['changes-response-type'],
    answers: [{ cc: 'max-age=60', contentType: 'application/grpc+proto' }], calls: [{}, { expect: { initial: { 'content-type': 'application/grpc+proto' } } }],
  },
  {
    id: 'hygiene-bytes-kept', rule: 'A reused answer has the bytes of the answer', source: 'RFC 9111 section 3.1', breaks: ['responses-as-text'],
    answers: [{ cc: 'max-age=60', message: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) }],
    calls: [{}, { expect: { message: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) } }],
  },
  {
    id: 'hygiene-etag-relayed', rule: "The origin's etag comes back", source: 'RFC 9110 section 8.8.3', breaks: ['drops-etag'],
    answers: [{ initial: { etag: '"1"' } }], calls: [{ expect: { initial: { etag: '"1"' } } }],
  },
  {
    id: 'hygiene-repeated-calls', rule: 'Metadata of one call does not turn up in another', source: 'RFC 9113 section 8.1', breaks: ['remembers-metadata'],
    calls: [{ metadata: { 'x-custom-first': '1' } }, { message: 'other', metadata: { 'x-custom-second': '2' }, arrives: { 'x-custom-first': null, 'x-custom-second': '2' } }],
  },
];
