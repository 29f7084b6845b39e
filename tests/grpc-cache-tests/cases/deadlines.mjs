// grpc-timeout, from hop to hop.

import { demand } from '../suite/expect.mjs';

const timeout = 'gRPC PROTOCOL-HTTP2, "Timeout"';

const seconds = (text) => {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text ?? '') ?? [];
  return Number(digits) * { H: 3600, M: 60, S: 1, m: 1e-3, u: 1e-6, n: 1e-9 }[unit];
};

/** An origin that never answers, and says when its stream was reset. */
const silent = async (exchange) => {
  await exchange.readAll();
  exchange.isSilent = true;
  await exchange.stream.resetEvent();
};

export default [
  {
    id: 'deadlines-arrive', rule: "The caller's deadline arrives", source: timeout, breaks: ['drops-timeout'],
    calls: [{ timeout: '60S', arrives: { 'grpc-timeout': ([value]) => seconds(value) > 0 && seconds(value) <= 60 } }],
  },
  {
    id: 'deadlines-never-longer', rule: 'A hop never lengthens a deadline', source: 'gRPC "Deadlines" guide, propagation', breaks: ['raises-timeout'],
    calls: [{ timeout: '20S', arrives: { 'grpc-timeout': ([value]) => value === undefined || seconds(value) <= 20 } }],
  },
  {
    id: 'deadlines-units', rule: 'Each unit of grpc-timeout means what it says', source: timeout, breaks: ['one-timeout-unit'],
    async run(t) {
      for (const [i, [text, expected]] of [['2H', 7200], ['90M', 5400], ['50000m', 50], ['60000000u', 60]].entries()) {
        await t.expect({ message: `question ${i}`, timeout: text });
        const arrived = seconds(t.origin.calls[i].request.get('grpc-timeout'));
        demand(arrived > expected * 0.5 && arrived <= expected, `${text} arrived as ${t.origin.calls[i].request.get('grpc-timeout')}`);
      }
    },
  },
  {
    id: 'deadlines-none', kind: 'check', rule: 'A call without a deadline gets none on the way', source: timeout, breaks: ['invents-timeout'],
    calls: [{ arrives: { 'grpc-timeout': null } }],
  },
  {
    id: 'deadlines-kept', kind: 'check', rule: 'A hop ends a call itself whose deadline has passed, with DEADLINE_EXCEEDED', source: 'gRPC statuscodes.md (DEADLINE_EXCEEDED)', breaks: ['no-deadlines'],
    answers: [silent],
    async run(t) {
      const call = await t.open({ timeout: '500m' });
      await call.send('question');
      await call.end();
      await t.within("the call's end", call.whole(), 8);
      demand(call.answer.status === '4', `it ended with ${call.answer.status}`);
    },
  },
  {
    id: 'deadlines-kept-in-streams', kind: 'check', rule: 'A deadline ends a stream in its midst', source: 'gRPC statuscodes.md (DEADLINE_EXCEEDED)', breaks: ['no-deadlines'],
    answers: [async (exchange) => {
      await exchange.read();
      await exchange.send('one');
      await exchange.send('two');
      await exchange.stream.resetEvent();
    }],
    async run(t) {
      const call = await t.open({ timeout: '1500m' });
      await call.send('question');
      await t.within("the call's end", call.whole(), 8);
      demand(call.answer.status === '4', `it ended with ${call.answer.status}`);
    },
  },
  {
    id: 'deadlines-release', kind: 'check', rule: 'When a deadline has passed, the call is cancelled at the origin, too', source: 'gRPC "Deadlines" guide', breaks: ['no-deadlines', 'does-not-cancel'],
    answers: [silent],
    async run(t) {
      const call = await t.open({ timeout: '500m' });
      await call.send('question');
      await call.end();
      await t.within("the call's arrival", t.origin.arrived(1));
      await t.within("the reset of the origin's stream", t.origin.calls[0].stream.resetEvent(), 8);
    },
  },
  {
    id: 'deadlines-malformed', kind: 'check', rule: 'A malformed grpc-timeout is an error, not the absence of a deadline', source: timeout, breaks: ['ignores-bad-timeout'],
    calls: [{ timeout: 'soon', expect: { status: 'failed' } }],
  },
  {
    id: 'deadlines-origin-answers', rule: "DEADLINE_EXCEEDED of the origin is the caller's answer", source: 'gRPC statuscodes.md', breaks: ['flattens-status'],
    answers: [{ trailersOnly: true, status: 4 }],
    calls: [{ timeout: '30S', expect: { status: '4' } }],
  },
  {
    id: 'deadlines-of-a-waiter', kind: 'check', rule: "A caller that waits for another's answer has its own deadline", source: 'docs/caching.md, "One question for many callers"', breaks: ['no-deadlines'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [{ cc: 'max-age=60', until: gate }];
      const first = t.call();
      await t.within("the first call's arrival", t.origin.arrived(1));
      const second = await t.open({ timeout: '500m' });
      await second.send('question');
      await second.end();
      await t.within("the waiter's end", second.whole(), 8);
      demand(second.answer.status === '4', `the waiter ended with ${second.answer.status}`);
      go();
      demand((await first).status === '0', 'the first call failed');
    },
  },
  {
    id: 'deadlines-first-caller', rule: "The first caller's short deadline is not the deadline of those who wait with it", source: 'docs/caching.md, "One question for many callers"', breaks: ['leader-takes-all'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [{ cc: 'max-age=60', until: gate }];
      const first = await t.open({ timeout: '4S' });
      await first.send('question');
      await first.end();
      await t.within("the first call's arrival", t.origin.arrived(1));
      const others = Array.from({ length: 5 }, () => t.call());
      await Promise.race([first.whole(), t.wait(4.5)]);
      first.cancel(); // As clients do when the deadline passes, whatever the proxy does.
      go();
      for (const answer of await Promise.all(others)) {
        demand(answer.status === '0', `a caller without a deadline ended with ${answer.status}`);
      }
    },
  },
];
