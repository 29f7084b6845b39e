// Asking by etag whether a stored answer still holds. Not modified is Trailers-Only ABORTED with `edgemesh-not-modified: 1`, in answer to an if-none-match.

import { demand } from '../suite/expect.mjs';

const convention = 'docs/caching.md, "Stale answers" (etag)';
const cc = 'max-age=1, stale-if-error=60';
const late = 2.1;
const first = (more = {}) => ({ cc, initial: { etag: '"1"' }, ...more });
const notModified = (initial = {}) => ({ trailersOnly: true, status: 10, by: false, initial: { 'edgemesh-not-modified': '1', ...initial } });

/** Answers "not modified" to whoever asks by the etag, else a new answer. */
const knowsConditions = (news) => async (exchange) => exchange.say(exchange.request.get('if-none-match') === '"1"' ? notModified(news) : first());

export default [
  {
    id: 'revalidation-asks', kind: 'optimal', rule: 'A stale answer is asked for by its etag', source: 'RFC 9111 section 4.3.1', breaks: ['does-not-revalidate'],
    answers: [first()], calls: [{}, { wait: late, arrives: { 'if-none-match': '"1"' } }],
  },
  {
    id: 'revalidation-weak', kind: 'optimal', rule: 'A weak etag is sent as it is', source: 'RFC 9110 section 8.8.3', breaks: ['asks-with-any-etag'],
    answers: [first({ initial: { etag: 'W/"a b"' } })], calls: [{}, { wait: late, arrives: { 'if-none-match': 'W/"a b"' } }],
  },
  {
    id: 'revalidation-without-etag', rule: 'An answer without an etag is asked for without a condition', source: 'RFC 9111 section 4.3.1', breaks: ['invents-etags'],
    answers: [{ cc }], calls: [{}, { wait: late, by: 2, arrives: { 'if-none-match': null } }],
  },
  {
    id: 'revalidation-not-modified', rule: 'To "not modified", the caller gets the stored answer: it is no error to it', source: `RFC 9111 section 4.3.3; ${convention}`, breaks: ['does-not-know-not-modified'],
    answers: [knowsConditions()], calls: [{}, { wait: late, expect: { status: '0', messages: 1 } }],
  },
  {
    id: 'revalidation-renews', kind: 'optimal', rule: '"Not modified" gives the stored answer the lifetime that it declares', source: `RFC 9111 section 4.3.4; ${convention}`, breaks: ['renews-without-news'],
    async run(t) {
      t.origin.answers = [knowsConditions({ 'cache-control': 'max-age=60' })];
      await t.expect({});
      await t.wait(late);
      await t.expect({ by: [1, 2] });
      const asked = t.origin.calls.length;
      await t.wait(late);
      await t.expect({ by: 1 });
      demand(t.origin.calls.length === asked, 'the origin was asked again');
    },
  },
  {
    id: 'revalidation-updates', kind: 'optimal', rule: '"Not modified" replaces the metadata that it has', source: 'RFC 9111 section 3.2', breaks: ['renews-without-news'],
    answers: [knowsConditions({ 'cache-control': 'max-age=60', 'x-custom': 'new' })],
    calls: [{}, { wait: late, by: 1, expect: { initial: { 'x-custom': 'new' } } }, { by: 1, expect: { initial: { 'x-custom': 'new' } } }],
  },
  {
    id: 'revalidation-marker', rule: 'The words of "not modified" are for the cache: no caller sees them', source: convention, breaks: ['leaks-not-modified'],
    answers: [knowsConditions({ 'cache-control': 'max-age=60' })],
    calls: [{}, { wait: late, expect: { initial: { 'edgemesh-not-modified': null } } }, { expect: { initial: { 'edgemesh-not-modified': null }, trailers: { 'edgemesh-not-modified': null } } }],
  },
  {
    id: 'revalidation-modified', rule: 'A new answer to the question replaces the stored one', source: 'RFC 9111 section 4.3.3', breaks: ['keeps-first-answer+keeps-forbidden'],
    answers: [first(), { cc: 'max-age=60', initial: { etag: '"2"' } }], calls: [{}, { wait: late, by: 2 }, { expect: { byNot: 1 } }],
  },
  {
    id: 'revalidation-new-etag', rule: 'After a new answer the question has its etag', source: 'RFC 9111 section 4.3.1', breaks: ['keeps-first-etag'],
    answers: [first(), first({ initial: { etag: '"2"' } }), {}],
    calls: [{}, { wait: late, by: 2 }, { wait: late, by: 3, arrives: { 'if-none-match': ([value]) => value === undefined || value === '"2"' } }],
  },
  {
    id: 'revalidation-aborted', rule: 'ABORTED without the words is an error like others', source: convention, breaks: ['aborted-is-not-modified'],
    answers: [first(), { trailersOnly: true, status: 10 }], calls: [{}, { wait: late, by: 2, expect: { status: '10' } }],
  },
  {
    id: 'revalidation-unasked', rule: '"Not modified" that nobody asked for is an error, and renews nothing', source: convention, breaks: ['trusts-not-modified'],
    answers: [{ cc }, notModified({ 'cache-control': 'max-age=60' })], calls: [{}, { wait: late, expect: { status: '10' } }],
  },
  {
    id: 'revalidation-of-callers', rule: "A caller's own if-none-match arrives, and what it brings comes back", source: 'RFC 9110 section 13.1.2', breaks: ['drops-conditions'],
    answers: [notModified()], calls: [{ metadata: { 'if-none-match': '"mine"' }, arrives: { 'if-none-match': '"mine"' }, expect: { status: '10', initial: { 'edgemesh-not-modified': '1' } } }],
  },
  {
    id: 'revalidation-of-callers-kept-apart', rule: "What a caller's own condition brought is not used for calls without it", source: 'docs/caching.md, "Other metadata"', breaks: ['stores-despite-metadata'],
    answers: [{ cc: 'public, max-age=60' }], calls: [{ metadata: { 'if-none-match': '"mine"' } }, { by: 2 }],
  },
  {
    id: 'revalidation-identity', rule: "One identity's etag is not asked for in another's name", source: 'RFC 9111 section 3.5', breaks: ['ignores-authorization'],
    answers: [first()], calls: [{ metadata: { authorization: 'Bearer a' } }, { wait: late, metadata: { authorization: 'Bearer b' }, by: 2, arrives: { 'if-none-match': null } }],
  },
  {
    id: 'revalidation-vary', rule: "One variant's etag is not asked for in place of another's", source: 'RFC 9111 section 4.3.1', breaks: ['shares-etags'],
    answers: [first({ initial: { etag: '"en"', vary: 'x-lang' } }), first({ initial: { etag: '"de"', vary: 'x-lang' } }), {}],
    calls: [{ metadata: { 'x-lang': 'en' } }, { metadata: { 'x-lang': 'de' }, by: 2 }, { wait: late, metadata: { 'x-lang': 'de' } }, { metadata: { 'x-lang': 'en' }, arrives: { 'if-none-match': ([value]) => value === undefined || value === '"en"' } }],
  },
  {
    id: 'revalidation-forbidden', rule: '"Not modified" with no-store: the stored answer is used this once, and not again', source: 'RFC 9111 sections 3.2 and 5.2.2.5', breaks: ['keeps-forbidden+renews-without-news'],
    answers: [first(), async (exchange) => exchange.say(exchange.request.has('if-none-match') ? notModified({ 'cache-control': 'no-store' }) : {}), { message: 'new' }],
    async run(t) {
      await t.expect({});
      await t.wait(late);
      await t.expect({});
      const asked = t.origin.calls.length;
      const answer = await t.expect({});
      demand(t.origin.calls.length > asked, `the third call has the answer to call ${answer.by}, and the origin was not asked`);
    },
  },
];
