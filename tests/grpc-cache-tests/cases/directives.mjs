// What directives of either side forbid, and what a cache says of itself.

import { demand } from '../suite/expect.mjs';

const declares = 'docs/caching.md, "What an origin declares"';
const again = [{}, { by: 2 }];
const callers = 'docs/caching.md, "Other metadata": a caller\'s cache-control has no effect';
const cacheStatus = 'RFC 9211 section 2';

export default [
  { id: 'directives-no-store', rule: 'no-store forbids storing, whatever the lifetime', source: 'RFC 9111 section 5.2.2.5', breaks: ['ignores-no-store'], answers: [{ cc: 'max-age=60, no-store' }], calls: again },
  { id: 'directives-no-store-public', rule: 'public does not outweigh no-store', source: 'RFC 9111 section 3', breaks: ['ignores-no-store'], answers: [{ cc: 'no-store, public, s-maxage=60' }], calls: again },
  { id: 'directives-no-cache', rule: 'no-cache forbids use without asking', source: 'RFC 9111 section 5.2.2.4', breaks: ['ignores-no-cache'], answers: [{ cc: 'max-age=60, no-cache' }], calls: again },
  {
    id: 'directives-no-cache-field', rule: 'A field named by no-cache is not said again without asking', source: 'RFC 9111 section 5.2.2.4', breaks: ['ignores-no-cache-with-argument'], answers: [{ cc: 'max-age=60, no-cache="x-price"', initial: { 'x-price': '1' } }, { initial: { 'x-price': '2' } }],
    calls: [{}, { expect: { initial: { 'x-price': ([value]) => value !== '1' } } }],
  },
  { id: 'directives-case', rule: 'NO-STORE forbids as no-store does', source: 'RFC 9111 section 5.2', breaks: ['directives-case-sensitive'], answers: [{ cc: 'max-age=60, NO-STORE' }], calls: again },
  { id: 'directives-last', rule: 'A directive counts wherever it stands in the list', source: 'RFC 9111 section 5.2', breaks: ['reads-first-directive-only'], answers: [{ cc: 'max-age=60, public, x-y="1,2", no-store' }], calls: again },
  { id: 'directives-second-field', rule: 'no-store in a second cache-control field forbids', source: 'RFC 9110 section 5.3', breaks: ['reads-first-field-only'], answers: [{ initial: { 'cache-control': ['max-age=60', 'no-store'] } }], calls: again },
  { id: 'directives-no-store-argument', kind: 'check', rule: 'no-store with an argument still forbids', source: declares, breaks: ['ignores-no-store-with-argument'], answers: [{ cc: 'max-age=60, no-store="x"' }], calls: again },
  { id: 'directives-targeted-no-store', kind: 'check', rule: 'no-store in cdn-cache-control forbids', source: 'RFC 9213 section 2.2', breaks: ['ignores-targeted', 'targeted-cannot-forbid'], answers: [{ cc: 'max-age=60', initial: { 'cdn-cache-control': 'no-store, max-age=60' } }], calls: again },
  { id: 'directives-general-no-store', kind: 'check', rule: 'no-store in cache-control forbids, even beside a cdn-cache-control that permits, though RFC 9213 would let it', source: declares, breaks: ['general-cannot-forbid'], answers: [{ cc: 'no-store', initial: { 'cdn-cache-control': 'max-age=60' } }], calls: again },
  {
    id: 'directives-no-transform', rule: 'no-transform forbids coding a message anew', source: 'RFC 9111 section 5.2.2.6', breaks: ['ignores-no-transform'],
    async run(t) {
      const { gzipSync } = await import('node:zlib');
      t.origin.answers = [{ cc: 'max-age=60, no-transform', initial: { 'grpc-encoding': 'gzip' }, message: gzipSync('answer'), isCompressed: true }, { message: 'answer' }];
      await t.expect({ metadata: { 'grpc-accept-encoding': 'gzip' } });
      const plain = await t.expect({});
      demand(plain.by !== 1, 'the stored answer was decompressed');
    },
  },
  {
    id: 'directives-kept', rule: "The origin's cache-control comes back with an answer that is not stored", source: 'RFC 9111 section 5.2', breaks: ['drops-declaration'],
    answers: [{ cc: 'no-store' }], calls: [{ expect: { initial: { 'cache-control': 'no-store' } } }],
  },
  { id: 'directives-of-callers-no-cache', kind: 'check', rule: "A caller's no-cache does not reach past the cache: it would be a way to flood the origin", source: callers, breaks: ['obeys-request-directives'], answers: [{ cc: 'max-age=60' }], calls: [{}, { metadata: { 'cache-control': 'no-cache' }, by: 1 }] },
  { id: 'directives-of-callers-max-age', kind: 'check', rule: "A caller's max-age=0 does not reach past the cache", source: callers, breaks: ['obeys-request-directives'], answers: [{ cc: 'max-age=60' }], calls: [{}, { metadata: { 'cache-control': 'max-age=0' }, by: 1 }] },
  { id: 'directives-of-callers-only-if-cached', kind: 'check', rule: "A caller's only-if-cached does not fail a call that the origin can answer", source: callers, breaks: ['obeys-request-directives'], answers: [{ cc: 'max-age=60' }], calls: [{ metadata: { 'cache-control': 'only-if-cached' }, by: 1 }] },
  { id: 'directives-of-callers-no-store', kind: 'check', rule: "A caller's no-store does not keep an answer from others", source: callers, breaks: ['request-no-store'], answers: [{ cc: 'max-age=60' }], calls: [{ metadata: { 'cache-control': 'no-store' } }, { by: 1 }] },
  {
    id: 'directives-of-callers-arrive', rule: "A caller's cache-control arrives at the origin with a call that goes there", source: 'gRPC PROTOCOL-HTTP2, "Custom-Metadata"', breaks: ['drops-request-directives'],
    calls: [{ metadata: { 'cache-control': 'no-cache' }, arrives: { 'cache-control': 'no-cache' } }],
  },
  { id: 'directives-status-hit', kind: 'optimal', rule: 'A reused answer says that it is: cache-status has hit', source: cacheStatus, breaks: ['no-cache-status', 'misreports-hits'], answers: [{ cc: 'max-age=60' }], calls: [{}, { by: 1, expect: { initial: { 'cache-status': /;\s*hit/ } } }] },
  { id: 'directives-status-miss', rule: 'An answer of the origin does not say hit', source: cacheStatus, breaks: ['misreports-misses'], answers: [{ cc: 'max-age=60' }], calls: [{ expect: { initial: { 'cache-status': (values) => !values.some((value) => /;\s*hit/.test(value)) } } }] },
  { id: 'directives-status-forward', kind: 'optimal', rule: 'An answer of the origin says why it was asked: cache-status has fwd', source: `${cacheStatus}.2`, breaks: ['no-cache-status'], answers: [{ cc: 'max-age=60' }], calls: [{ expect: { initial: { 'cache-status': /;\s*fwd=(miss|uri-miss|vary-miss|bypass|method|request|stale|partial)/ } } }] },
  { id: 'directives-status-ttl', rule: 'The ttl of cache-status, if there is one, is what is left of the lifetime', source: `${cacheStatus}.4`, breaks: ['misreports-ttl'], answers: [{ cc: 'max-age=60', initial: { age: '30' } }],
    calls: [{}, { expect: { whenReused: { initial: { 'cache-status': (values) => values.every((value) => Number(/ttl=(-?\d+)/.exec(value)?.[1] ?? 0) <= 30) } } } }] },
  { id: 'directives-status-syntax', rule: 'cache-status, if there is one, is a list of structured fields', source: `${cacheStatus}, RFC 8941`, breaks: ['bad-cache-status'], answers: [{ cc: 'max-age=60' }],
    calls: [{ expect: { initial: { 'cache-status': isList } } }, { expect: { initial: { 'cache-status': isList } } }] },
  { id: 'directives-status-of-others', kind: 'optimal', rule: 'What caches nearer to the origin said in cache-status stays, before what is added', source: cacheStatus, breaks: ['drops-cache-status'], answers: [{ initial: { 'cache-status': 'Origin; hit' } }], calls: [{ expect: { initial: { 'cache-status': /^Origin; hit/ } } }] },
];

/** RFC 8941: tokens or strings, each with parameters. */
function isList(values) {
  const item = '(?:[A-Za-z*][\\w:/!#$%&\'*+.^`|~-]*|"(?:[^"\\\\]|\\\\["\\\\])*")';
  const value = `(?:${item}|-?\\d+(?:\\.\\d+)?|\\?[01])`;
  const member = `${item}(?:; *[a-z*][a-z0-9_.*-]*(?:=${value})?)*`;
  return values.every((one) => new RegExp(`^${member}(?: *, *${member})*$`).test(one));
}
