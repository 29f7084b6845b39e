// What may be used past its lifetime: nothing, unless its origin says so.

import { errorCodes } from '../http2/connection.mjs';
import { demand } from '../suite/expect.mjs';

const rfc5861 = 'RFC 5861 section';
const staleAnswers = 'docs/caching.md, "Stale answers"';
const failed = { trailersOnly: true, status: 14 };
const late = 2.1; // Seconds after which max-age=1 is over, however an implementation counts.

export default [
  {
    id: 'stale-undeclared', rule: 'A failure is the answer when nothing lets a stale one stand in for it', source: staleAnswers, breaks: ['stale-if-error-undeclared'],
    answers: [{ cc: 'max-age=1' }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-while-revalidate', kind: 'optimal', rule: 'Within stale-while-revalidate the old answer is given at once', source: `${rfc5861} 3`, breaks: ['no-stale-while-revalidate'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'max-age=60' }], calls: [{}, { wait: late, by: 1 }],
  },
  {
    id: 'stale-while-revalidate-waits-not', kind: 'optimal', rule: 'Nobody waits for the question behind a stale answer', source: `${rfc5861} 3`, breaks: ['no-stale-while-revalidate'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'max-age=60', until: gate }];
      await t.expect({});
      await t.wait(late);
      const answer = await t.within('the old answer, while the origin is silent', t.call(), 4);
      demand(answer.by === 1, `it is the answer to call ${answer.by}`);
      go();
    },
  },
  {
    id: 'stale-while-revalidate-refreshes', rule: 'Behind a stale answer the origin is asked, and its new answer is what callers have from then on', source: `${rfc5861} 3`, breaks: ['never-refreshes'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'max-age=60' }],
    async run(t) {
      await t.expect({});
      await t.wait(late);
      await t.until('a caller has the new answer', async () => (await t.call()).by === 2, 5);
    },
  },
  {
    id: 'stale-while-revalidate-once', kind: 'optimal', rule: 'One question goes behind a stale answer, not one for each caller', source: `${rfc5861} 3`, breaks: ['refreshes-for-each'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'max-age=60', until: gate }];
      await t.expect({});
      await t.wait(late);
      const answers = await t.within('the old answers', Promise.all(Array.from({ length: 20 }, () => t.call())), 8);
      demand(answers.every(({ by }) => by === 1), `calls ${answers.map(({ by }) => by).join()} answered`);
      go();
      demand(t.origin.calls.length <= 2, `${t.origin.calls.length - 1} questions came to the origin`);
    },
  },
  {
    id: 'stale-while-revalidate-over', rule: 'Past stale-while-revalidate the old answer is not given', source: `${rfc5861} 3`, breaks: ['revalidate-window-endless'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=1' }, {}], calls: [{}, { wait: 3.2, by: 2 }],
  },
  {
    id: 'stale-while-revalidate-failure', kind: 'optimal', rule: 'A failed question behind a stale answer does not take it away within its window', source: `${rfc5861} 3`, breaks: ['drops-on-failure'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=60, stale-if-error=60' }, failed, failed, failed, { cc: 'max-age=60' }],
    async run(t) {
      await t.expect({});
      await t.wait(late);
      await t.expect({ by: 1 });
      await t.within('the question', t.origin.arrived(2), 5);
      await t.wait(0.2);
      await t.expect({ by: 1 });
    },
  },
  {
    id: 'stale-while-revalidate-alone', rule: 'stale-while-revalidate alone is no lifetime', source: `${rfc5861} 3`, breaks: ['window-is-a-lifetime'],
    answers: [{ cc: 'stale-while-revalidate=60' }], calls: [{}, { by: 2 }],
  },
  {
    id: 'stale-while-revalidate-forbidden', rule: 'When the answer behind a stale one must not be stored, the stale one is no longer used', source: staleAnswers, breaks: ['keeps-forbidden'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'no-store' }],
    async run(t) {
      await t.expect({});
      await t.wait(late);
      await t.call();
      await t.within('the question', t.origin.arrived(2), 5);
      await t.until('a caller has a new answer', async () => (await t.call()).by > 1, 5);
    },
  },
  {
    id: 'stale-if-error', kind: 'optimal', rule: 'Within stale-if-error the old answer stands in for UNAVAILABLE', source: `${rfc5861} 4`, breaks: ['no-stale-if-error'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, failed], calls: [{}, { wait: late, by: 1 }],
  },
  {
    id: 'stale-if-error-statuses', kind: 'optimal', rule: 'It stands in for INTERNAL, UNKNOWN and DEADLINE_EXCEEDED of the origin, too', source: staleAnswers, breaks: ['only-unavailable-is-failure'],
    async run(t) {
      const statuses = [13, 2, 4];
      t.origin.answers = [async (exchange) => {
        const [message] = await exchange.readAll();
        const text = message.bytes.toString();
        const isFirst = t.origin.calls.filter((call) => call.messages[0]?.bytes.toString() === text).length === 1;
        await exchange.say(isFirst ? { cc: 'max-age=1, stale-if-error=60', message: text } : { trailersOnly: true, status: Number(text) });
      }];
      for (const status of statuses) {
        await t.expect({ message: String(status) });
      }
      await t.wait(late);
      for (const status of statuses) {
        await t.expect({ message: String(status), expect: { status: '0', message: String(status) } });
      }
    },
  },
  {
    id: 'stale-if-error-in-trailers', kind: 'optimal', rule: 'It stands in for a failure that comes in trailers: none of the new answer has gone to the caller', source: staleAnswers, breaks: ['no-stale-if-error'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, { messages: ['half'], status: 13 }], calls: [{}, { wait: late, by: 1, expect: { message: 'answer 1' } }],
  },
  {
    id: 'stale-if-error-broken-off', kind: 'optimal', rule: 'It stands in for an answer that breaks off', source: `${rfc5861} 4, RFC 9111 section 4.2.4`, breaks: ['only-status-is-failure'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, { end: errorCodes.internalError }], calls: [{}, { wait: late, by: 1, expect: { message: 'answer 1' } }],
  },
  {
    id: 'stale-if-error-not-grpc', kind: 'optimal', rule: 'It stands in for an answer that is not gRPC', source: `${rfc5861} 4`, breaks: ['takes-anything-for-grpc+missing-status-is-ok'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, { http: '502', contentType: 'text/html', body: Buffer.from('<h1>Bad Gateway</h1>'), end: 'data' }], calls: [{}, { wait: late, by: 1 }],
  },
  {
    id: 'stale-if-error-answers', rule: 'It does not stand in for an answer that is no failure, such as PERMISSION_DENIED', source: staleAnswers, breaks: ['every-error-is-stale'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, { trailersOnly: true, status: 7 }], calls: [{}, { wait: late, by: 2, expect: { status: '7' } }],
  },
  {
    id: 'stale-if-error-not-found', rule: 'It does not stand in for NOT_FOUND: what is gone is gone, for later callers, too', source: staleAnswers, breaks: ['every-error-is-stale'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, { trailersOnly: true, status: 5 }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '5' } }, { by: 3, expect: { status: '14' } }],
  },
  {
    id: 'stale-if-error-over', rule: 'Past stale-if-error a failure is the answer', source: `${rfc5861} 4`, breaks: ['error-window-endless'],
    answers: [{ cc: 'max-age=1, stale-if-error=1' }, failed], calls: [{}, { wait: 3.2, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-if-error-text', rule: 'A stale-if-error that is no number is none', source: 'RFC 9111 section 5.2', breaks: ['bad-numbers-are-large'],
    answers: [{ cc: 'max-age=1, stale-if-error=ever' }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-must-revalidate', rule: 'must-revalidate forbids all stale use', source: 'RFC 9111 section 5.2.2.2', breaks: ['ignores-must-revalidate'],
    answers: [{ cc: 'max-age=1, stale-if-error=60, must-revalidate' }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-proxy-revalidate', rule: 'proxy-revalidate forbids all stale use by proxies', source: 'RFC 9111 section 5.2.2.8', breaks: ['ignores-proxy-revalidate'],
    answers: [{ cc: 'max-age=1, stale-if-error=60, proxy-revalidate' }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-s-maxage', rule: 's-maxage means proxy-revalidate, too', source: 'RFC 9111 section 5.2.2.10', breaks: ['s-maxage-may-be-stale'],
    answers: [{ cc: 's-maxage=1, stale-if-error=60' }, failed], calls: [{}, { wait: late, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-identity', rule: "A failure does not bring one identity's stale answer to another", source: 'RFC 9111 section 3.5', breaks: ['ignores-authorization'],
    answers: [{ cc: 'max-age=1, stale-if-error=60' }, failed],
    calls: [{ metadata: { authorization: 'Bearer a' } }, { wait: late, metadata: { authorization: 'Bearer b' }, by: 2, expect: { status: '14' } }],
  },
  {
    id: 'stale-age', rule: 'A stale answer says its true age', source: 'RFC 9111 section 5.1', breaks: ['age-stands-still'],
    answers: [{ cc: 'max-age=1, stale-if-error=60', initial: { age: '0' } }, failed],
    calls: [{}, { wait: late, expect: { status: /^(0|14)$/, whenReused: { initial: { age: ([age]) => Number(age) >= 2 } } } }],
  },
  {
    id: 'stale-status', kind: 'check', rule: 'A stale answer says in cache-status for how long it has been stale: a negative ttl', source: 'RFC 9211 section 2.4', breaks: ['misreports-ttl'],
    answers: [{ cc: 'max-age=1, stale-while-revalidate=60' }, { cc: 'max-age=60' }], calls: [{}, { wait: late, by: 1, expect: { initial: { 'cache-status': /ttl=-\d/ } } }],
  },
];
