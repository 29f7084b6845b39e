// What becomes of a call whose origin fails it, one way or another.

import { errorCodes } from '../http2/connection.mjs';
import { demand } from '../suite/expect.mjs';

const stored = 'RFC 9111 section 3.3, docs/caching.md, "What an origin declares"';

/** After an answer that must not be kept: the next call asks again. */
const asksAgain = (expect = { status: 'failed' }) => [{ expect }, { expect: { status: /./, byNot: 1 } }];

export default [
  {
    id: 'errors-status', rule: 'Every status code comes back as it is', source: 'gRPC statuscodes.md', breaks: ['flattens-status'],
    async run(t) {
      t.origin.answers = Array.from({ length: 16 }, (_, i) => ({ status: i + 1, message: null }));
      for (let status = 1; status <= 16; status++) {
        await t.expect({ message: `question ${status}`, expect: { status: String(status) } });
      }
    },
  },
  {
    id: 'errors-unknown-status', kind: 'check', rule: 'A status code that nobody has defined comes back as it is', source: 'gRPC statuscodes.md', breaks: ['refuses-unknown-status'],
    answers: [{ status: 99, message: null }],
    calls: [{ expect: { status: '99' } }],
  },
  {
    id: 'errors-http-status', rule: 'An HTTP error of the origin is no success', source: 'gRPC http-grpc-status-mapping.md', breaks: ['takes-anything-for-grpc+missing-status-is-ok'],
    answers: [{ http: '503', contentType: 'text/html', message: null, body: Buffer.from('<h1>Away</h1>'), end: 'data' }],
    calls: [{ expect: { status: /^(14|2|HTTP 50[234]|reset \d+)$/ } }],
  },
  {
    id: 'errors-not-grpc', rule: 'HTTP 200 that is not gRPC is no success', source: 'gRPC PROTOCOL-HTTP2, "Responses"', breaks: ['takes-anything-for-grpc+missing-status-is-ok'],
    answers: [{ contentType: 'text/html', body: Buffer.from('<h1>Hello</h1>'), end: 'data' }],
    calls: [{ expect: { status: 'failed' } }],
  },
  {
    id: 'errors-redirect', rule: 'A redirect is no answer, and is not followed', source: 'gRPC http-grpc-status-mapping.md', breaks: ['follows-redirects'],
    async run(t) {
      t.origin.answers = [{ http: '307', contentType: null, initial: { location: t.path('Elsewhere') }, message: null, end: 'data' }, {}];
      await t.expect({ expect: { status: 'failed' } });
      demand(t.origin.calls.length === 1, `${t.origin.calls.length} calls came to the origin`);
    },
  },
  {
    id: 'errors-missing-status', rule: 'An answer that ends without a status is no success', source: 'gRPC PROTOCOL-HTTP2, "Responses"', breaks: ['missing-status-is-ok'],
    answers: [{ end: 'data' }],
    calls: [{ expect: { status: 'failed' } }],
  },
  {
    id: 'errors-reset', rule: 'A reset after the message is no success', source: 'gRPC PROTOCOL-HTTP2, "Errors"', breaks: ['resets-are-ok'],
    answers: [{ end: errorCodes.internalError }],
    calls: [{ expect: { status: 'failed' } }],
  },
  {
    id: 'errors-reset-told', rule: "The origin's reset ends the caller's call, too", source: 'gRPC PROTOCOL-HTTP2, "Errors"', breaks: ['drops-resets'],
    answers: [{ body: Buffer.from([0, 0, 0, 0, 100, 1, 2, 3]), end: errorCodes.internalError }],
    async run(t) {
      const call = await t.open();
      await call.send('question');
      await call.end();
      await t.within("the call's end", call.whole(), 5);
      demand(call.answer.status !== '0', 'it ended with OK');
    },
  },
  {
    id: 'errors-refused', kind: 'optimal', rule: 'A call that the origin refused unprocessed is sent again', source: 'RFC 9113 section 8.7, gRPC A6 "Transparent Retries"', breaks: ['does-not-retry'],
    async run(t) {
      t.origin.answers = [async (exchange) => exchange.reset(errorCodes.refusedStream), {}];
      await t.expect({ by: 2 });
    },
  },
  {
    id: 'errors-processed-once', rule: 'A call that the origin may have processed is not sent again', source: 'RFC 9110 section 9.2.2, RFC 9113 section 8.7', breaks: ['retries-anything'],
    async run(t) {
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        exchange.reset(errorCodes.internalError);
      }, {}];
      await t.expect({ expect: { status: 'failed' } });
      await t.wait(0.2);
      demand(t.origin.calls.length === 1, `${t.origin.calls.length} calls came to the origin`);
    },
  },
  {
    id: 'errors-unavailable-once', rule: 'UNAVAILABLE of the origin is an answer: it is not asked again on its caller\'s behalf, unless the proxy knows that it may', source: 'RFC 9110 section 9.2.2', breaks: ['retries-unavailable'],
    async run(t) {
      t.origin.answers = [{ trailersOnly: true, status: 14 }];
      await t.expect({ expect: { status: '14' } });
      await t.wait(0.2);
      demand(t.origin.calls.length === 1, `${t.origin.calls.length} calls came to the origin`);
    },
  },
  {
    id: 'errors-cancel', rule: "A caller's cancelling reaches the origin", source: 'gRPC PROTOCOL-HTTP2, "Errors" (CANCEL)', breaks: ['does-not-cancel'],
    async run(t) {
      let reset;
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        reset = exchange.stream.resetEvent();
        await reset;
      }];
      const call = await t.open();
      await call.send('question');
      await call.end();
      await t.within("the call's arrival", t.origin.arrived(1));
      await t.until('the origin has read the request', () => reset !== undefined);
      call.cancel();
      await t.within("the end of the origin's stream", reset, 5);
    },
  },
  {
    id: 'errors-cancel-stream', rule: 'Cancelling while an answer streams stops it at the origin', source: 'gRPC PROTOCOL-HTTP2, "Errors" (CANCEL)', breaks: ['does-not-cancel'],
    async run(t) {
      let reset;
      t.origin.answers = [async (exchange) => {
        await exchange.read();
        await exchange.send('one');
        await exchange.send('two');
        reset = exchange.stream.resetEvent();
        await reset;
      }];
      const call = await t.open();
      await call.send('question');
      await t.within('the first message', call.message(1));
      call.cancel();
      await t.until('the origin streams', () => reset !== undefined);
      await t.within("the reset of the origin's stream", reset, 5);
    },
  },
  {
    id: 'errors-early-answer', rule: 'An answer that is whole before its request is comes back; what is left of the request is not waited for', source: 'RFC 9113 section 8.1', breaks: ['buffers-requests'],
    answers: [async (exchange) => exchange.trailersOnly(7)],
    async run(t) {
      const call = await t.open();
      await call.send('one of many');
      await t.within("the call's end", call.whole());
      demand(call.answer.status === '7', `it ended with ${call.answer.status}`);
    },
  },
  {
    id: 'errors-not-grpc-request', kind: 'check', rule: 'A request that is not gRPC is refused: HTTP 415, or another error', source: 'gRPC PROTOCOL-HTTP2, "Requests"', breaks: ['takes-any-request'],
    calls: [{ contentType: 'text/plain', expect: { status: /^HTTP 4\d\d$|^reset/ } }],
  },
  {
    id: 'errors-truncated-not-stored', rule: 'An answer whose message is cut short is not used again', source: 'RFC 9111 section 3.3', breaks: ['stores-truncated'],
    answers: [{ cc: 'max-age=60', body: Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), Buffer.from('one'), Buffer.from([0, 0, 0, 0, 100]), Buffer.from('cut')]) }],
    calls: asksAgain({ status: /./ }),
  },
  {
    id: 'errors-reset-not-stored', rule: 'An answer that was reset is not used again', source: 'RFC 9111 section 3.3', breaks: ['stores-broken-off+stores-missing-status'],
    answers: [{ cc: 'max-age=60', end: errorCodes.internalError }],
    calls: asksAgain(),
  },
  {
    id: 'errors-missing-status-not-stored', rule: 'An answer without a status is not used again', source: stored, breaks: ['stores-broken-off+stores-missing-status'],
    answers: [{ cc: 'max-age=60', end: 'data' }],
    calls: asksAgain(),
  },
  {
    id: 'errors-bad-status-not-stored', rule: 'An answer whose status is no number is no success, and is not used again', source: 'gRPC PROTOCOL-HTTP2, "Status"', breaks: ['stores-bad-status'],
    answers: [{ cc: 'max-age=60', status: 'OK' }],
    calls: asksAgain(),
  },
  {
    id: 'errors-late-not-stored', rule: 'An answer that declared a lifetime before it failed is not used again: its headers did not know', source: stored, breaks: ['stores-late-errors'],
    answers: [{ cc: 'max-age=60', status: 5 }],
    calls: asksAgain({ status: '5' }),
  },
  {
    id: 'errors-not-grpc-not-stored', rule: 'An answer that is not gRPC is not used again, whatever it declares', source: stored, breaks: ['stores-not-grpc+stores-broken-off+stores-missing-status'],
    answers: [{ cc: 'public, max-age=60', contentType: 'text/html', body: Buffer.from([0, 0, 0, 0, 2, 72, 105]), end: 'data' }, {}],
    calls: [{ expect: { status: 'failed' } }, { by: 2 }],
  },
  {
    id: 'errors-stream-not-stored', rule: 'A stream of messages is not used again: only unary answers are', source: stored, breaks: ['stores-streams'],
    answers: [{ cc: 'max-age=60', messages: ['one', 'two'] }],
    calls: [{}, { by: 2, expect: { messages: 2 } }],
  },
  {
    id: 'errors-empty-not-stored', rule: 'OK without a message is not used again', source: stored, breaks: ['stores-empty'],
    answers: [{ cc: 'max-age=60', message: null }],
    calls: [{}, { by: 2 }],
  },
  {
    id: 'errors-connection-lost', isExclusive: true, rule: "A connection that ends with the call is the call's failure, and the next call has another", source: 'RFC 9113 section 9.1, gRPC statuscodes.md (UNAVAILABLE)', breaks: ['never-reconnects', 'resets-are-ok'],
    async run(t) {
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        exchange.initial();
        await exchange.stream.connection.ping();
        exchange.stream.connection.close();
      }, {}];
      await t.expect({ expect: { status: 'failed' } });
      await t.until('a call succeeds', async () => (await t.call()).status === '0', 15);
    },
  },
  {
    id: 'errors-goaway', isExclusive: true, kind: 'optimal', rule: 'A call that a GOAWAY leaves out is sent again on another connection', source: 'RFC 9113 section 6.8', breaks: ['does-not-retry'],
    async run(t) {
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        exchange.stream.connection.sendGoAway(Math.max(0, exchange.stream.id - 2));
      }, {}];
      await t.expect({ by: 2 });
    },
  },
  {
    id: 'errors-goaway-finishes', isExclusive: true, rule: 'A call that a GOAWAY takes in is answered on its connection', source: 'RFC 9113 section 6.8', breaks: ['goaway-ends-calls'],
    async run(t) {
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        exchange.stream.connection.sendGoAway(exchange.stream.id);
        await exchange.stream.connection.ping();
        await exchange.say();
      }];
      await t.expect({ by: 1 });
      demand(t.origin.calls.length === 1, `${t.origin.calls.length} calls came to the origin`);
    },
  },
];
