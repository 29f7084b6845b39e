// One question for many callers who ask the same at the same time, and who must not be made one.

import { errorCodes } from '../http2/connection.mjs';
import { demand } from '../suite/expect.mjs';

const one = 'docs/caching.md, "One question for many callers"';
const section = `RFC 9111 section 4; ${one}`;

const gate = () => {
  let open;
  const promise = new Promise((resolve) => (open = resolve));
  return { promise, open };
};

/** Many calls at once, the origin holding the first until all have been sent and looked at; resolves to their answers. */
async function together(t, answer, calls, { then = [] } = {}) {
  const hold = gate();
  t.origin.answers = [{ ...answer, until: hold.promise }, ...then];
  const asking = calls.map((call) => t.call(call));
  await t.within('the first call', t.origin.arrived(1));
  await t.wait(0.3);
  await (await t.connection()).ping();
  hold.open();
  return Promise.all(asking);
}

const same = (count) => Array.from({ length: count }, () => ({}));
const bearer = (name) => ({ metadata: { authorization: `Bearer ${name}` } });

export default [
  {
    id: 'collapsing-cold', kind: 'optimal', rule: 'Callers who ask the same at the same time are one question to the origin', source: section, breaks: ['does-not-collapse'],
    async run(t) {
      const answers = await together(t, { cc: 'max-age=60' }, same(30));
      demand(answers.every(({ status }) => status === '0'), `statuses ${answers.map(({ status }) => status).join()}`);
      demand(t.origin.calls.length === 1, `${t.origin.calls.length} questions came to the origin`);
    },
  },
  {
    id: 'collapsing-expired', kind: 'optimal', rule: 'So are those who ask for what has just expired', source: section, breaks: ['does-not-collapse'],
    async run(t) {
      t.origin.answers = [{ cc: 'max-age=1' }];
      await t.expect({});
      await t.wait(2.1);
      const hold = gate();
      t.origin.answers = [{}, { cc: 'max-age=60', until: hold.promise }];
      const asking = same(20).map((call) => t.call(call));
      await t.within('the question', t.origin.arrived(2));
      await t.wait(0.3);
      hold.open();
      await Promise.all(asking);
      demand(t.origin.calls.length === 2, `${t.origin.calls.length - 1} questions came to the origin`);
    },
  },
  {
    id: 'collapsing-undeclared', rule: 'An answer that declares nothing is for its caller alone: those who waited ask themselves', source: section, breaks: ['shares-everything'],
    async run(t) {
      const answers = await together(t, {}, same(10));
      const origins = new Set(answers.map(({ by }) => by));
      demand(origins.size === 10, `10 callers have the answers to ${origins.size} calls`);
    },
  },
  {
    id: 'collapsing-no-store', rule: 'no-store keeps an answer from those who wait for it', source: 'RFC 9111 section 5.2.2.5', breaks: ['shares-everything'],
    async run(t) {
      const answers = await together(t, { cc: 'no-store' }, same(5), { then: [{ cc: 'no-store' }] });
      demand(new Set(answers.map(({ by }) => by)).size === 5, `calls ${answers.map(({ by }) => by).join()} answered`);
    },
  },
  {
    id: 'collapsing-private', rule: 'private keeps an answer from those who wait for it', source: 'RFC 9111 section 5.2.2.7', breaks: ['shares-everything'],
    async run(t) {
      const answers = await together(t, { cc: 'private, max-age=60' }, same(5).map(() => bearer('a')), { then: [{ cc: 'private, max-age=60' }] });
      demand(new Set(answers.map(({ by }) => by)).size === 5, `calls ${answers.map(({ by }) => by).join()} answered`);
    },
  },
  {
    id: 'collapsing-set-cookie', rule: 'A cookie that an answer sets is not given to those who wait for it', source: 'docs/caching.md, "What an origin declares"', breaks: ['shares-everything'],
    async run(t) {
      const answers = await together(t, { cc: 'max-age=60', initial: { 'set-cookie': 'session=first' } }, same(5), { then: [{ cc: 'max-age=60' }] });
      demand(answers.filter(({ initial }) => initial.has('set-cookie')).length === 1, 'several callers have the cookie');
    },
  },
  {
    id: 'collapsing-late-forbids', rule: 'no-store in trailers keeps an answer from those who wait for it', source: section, breaks: ['ignores-trailers-restrictions'],
    async run(t) {
      const answers = await together(t, { cc: 'max-age=60', trailers: { 'cache-control': 'no-store' } }, same(5), { then: [{ cc: 'max-age=60', trailers: { 'cache-control': 'no-store' } }] });
      demand(new Set(answers.map(({ by }) => by)).size === 5, `calls ${answers.map(({ by }) => by).join()} answered`);
    },
  },
  {
    id: 'collapsing-identities', rule: 'Two identities do not share a question, unless its answer is public', source: `RFC 9111 section 3.5; ${one}`, breaks: ['collapses-identities+shares-everything'],
    async run(t) {
      const [a, b] = await together(t, { cc: 'max-age=60' }, [bearer('a'), bearer('b')], { then: [{ cc: 'max-age=60' }] });
      demand(a.by !== b.by, `both have the answer to call ${a.by}`);
    },
  },
  {
    id: 'collapsing-metadata', rule: 'Callers with different metadata do not share a question', source: 'docs/caching.md, "Other metadata"', breaks: ['collapses-metadata+shares-everything'],
    async run(t) {
      const [a, b] = await together(t, { cc: 'max-age=60' }, [{ metadata: { 'x-lang': 'en' } }, { metadata: { 'x-lang': 'de' } }], { then: [{ cc: 'max-age=60' }] });
      demand(a.by !== b.by, `both have the answer to call ${a.by}`);
    },
  },
  {
    id: 'collapsing-uncacheable', kind: 'optimal', rule: 'What has shown itself uncacheable is not waited for: its calls go side by side', source: `${one} (hit for miss)`, breaks: ['queues-uncacheable'],
    async run(t) {
      t.origin.answers = [{ cc: 'no-store' }];
      await t.expect({});
      const hold = gate();
      t.origin.answers = [{ cc: 'no-store', until: hold.promise }];
      const asking = same(8).map((call) => t.call(call));
      await t.within('all calls at the origin at the same time', t.origin.arrived(9), 5);
      hold.open();
      demand((await Promise.all(asking)).every(({ status }) => status === '0'), 'a call failed');
    },
  },
  {
    id: 'collapsing-first-cancels', rule: "The first caller's cancelling harms nobody who waits with it", source: one, breaks: ['leader-takes-all'],
    async run(t) {
      const hold = gate();
      t.origin.answers = [{ cc: 'max-age=60', until: hold.promise }];
      const first = await t.open();
      await first.send('question');
      await first.end();
      await t.within('the first call', t.origin.arrived(1));
      const others = same(5).map((call) => t.call(call));
      await t.wait(0.3);
      first.cancel();
      await (await t.connection()).ping();
      await t.wait(0.1);
      hold.open();
      for (const answer of await Promise.all(others)) {
        demand(answer.status === '0', `a caller who waited ended with ${answer.status}`);
      }
    },
  },
  {
    id: 'collapsing-waiter-cancels', rule: 'Cancelling by one who waits harms nobody', source: one, breaks: ['waiter-takes-all'],
    async run(t) {
      const hold = gate();
      t.origin.answers = [{ cc: 'max-age=60', until: hold.promise }];
      const first = t.call();
      await t.within('the first call', t.origin.arrived(1));
      const waiter = await t.open();
      await waiter.send('question');
      await waiter.end();
      const other = t.call();
      await t.wait(0.3);
      waiter.cancel();
      await (await t.connection()).ping();
      await t.wait(0.1);
      hold.open();
      for (const answer of await Promise.all([first, other])) {
        demand(answer.status === '0', `another caller ended with ${answer.status}`);
      }
    },
  },
  {
    id: 'collapsing-all-cancel', kind: 'check', rule: 'When nobody waits any longer for an answer that nothing lets be kept, the origin hears of it', source: 'gRPC PROTOCOL-HTTP2, "Errors" (CANCEL)', breaks: ['does-not-cancel'],
    async run(t) {
      let reset;
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        await (reset = exchange.stream.resetEvent());
      }];
      const calls = await Promise.all(same(3).map((call) => t.open(call)));
      for (const call of calls) {
        await call.send('question');
        await call.end();
      }
      await t.until('the origin has the question', () => reset !== undefined);
      await t.wait(0.3);
      calls.forEach((call) => call.cancel());
      await t.within("the reset of the origin's stream", reset, 5);
    },
  },
  {
    id: 'collapsing-slow-reader', rule: 'A first caller who does not read keeps nobody else waiting', source: one, breaks: ['waits-for-slow-readers'],
    async run(t) {
      const hold = gate();
      t.origin.answers = [{ cc: 'max-age=60', message: Buffer.alloc(300_000, 'm'), until: hold.promise }];
      const slow = await t.open({ connection: await t.connection({ fresh: true, initialWindow: 100 }) });
      slow.stream.isAutomatic = false;
      await slow.send('question');
      await slow.end();
      await t.within('the first call', t.origin.arrived(1));
      const others = same(3).map((call) => t.call(call));
      await t.wait(0.3);
      hold.open();
      for (const answer of await t.within('the others', Promise.all(others), 8)) {
        demand(answer.status === '0' && answer.messages[0]?.bytes.length === 300_000, `another caller ended with ${answer.status}, ${answer.messages[0]?.bytes.length} bytes`);
      }
    },
  },
  {
    id: 'collapsing-failure', kind: 'optimal', rule: 'A failure is told to all who wait: asking again for each would add to the trouble', source: one, breaks: ['stampedes'],
    async run(t) {
      const answers = await together(t, { trailersOnly: true, status: 14 }, same(20), { then: [{ trailersOnly: true, status: 14 }] });
      demand(answers.every(({ status }) => status === '14'), `statuses ${answers.map(({ status }) => status).join()}`);
      demand(t.origin.calls.length <= 10, `${t.origin.calls.length} questions came to the origin`);
    },
  },
  {
    id: 'collapsing-broken-off', rule: 'An answer that breaks off is nobody\'s success', source: 'RFC 9111 section 3.3', breaks: ['stores-broken-off+stores-missing-status'],
    async run(t) {
      const answers = await together(t, { cc: 'max-age=60', end: errorCodes.internalError }, same(5), { then: [{ cc: 'max-age=60' }] });
      demand(answers.every(({ status, by }) => status !== '0' || by > 1), `answers ${answers.map(({ status, by }) => `${status} of ${by}`).join()}`);
    },
  },
  {
    id: 'collapsing-streams', rule: "Callers of a stream have each their own", source: 'docs/caching.md: only unary answers are stored', breaks: ['shares-everything'],
    async run(t) {
      const answers = await together(t, { messages: ['one', 'two'] }, same(5), { then: [{ messages: ['one', 'two'] }] });
      demand(new Set(answers.map(({ by }) => by)).size === 5, `calls ${answers.map(({ by }) => by).join()} answered`);
      demand(answers.every(({ messages }) => messages.length === 2), 'a stream lost a message');
    },
  },
  {
    id: 'collapsing-messages', rule: 'Callers who ask different things at the same time are not one', source: 'RFC 9111 section 4', breaks: ['keys-without-message'],
    async run(t) {
      const [a, b] = await together(t, { cc: 'max-age=60' }, [{ message: 'one' }, { message: 'two' }], { then: [{ cc: 'max-age=60' }] });
      demand(a.by !== b.by, `both have the answer to call ${a.by}`);
    },
  },
];
