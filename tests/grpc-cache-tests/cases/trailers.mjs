// The end of an answer: status, trailers, and that they stay where they were.

import { demand } from '../suite/expect.mjs';

const responses = 'gRPC PROTOCOL-HTTP2, "Responses"';
const declares = 'docs/caching.md, "What an origin declares"';

export default [
  {
    id: 'trailers-status', rule: 'grpc-status and grpc-message come as trailers', source: responses, breaks: ['drops-grpc-message'],
    answers: [{ status: 9, trailers: { 'grpc-message': 'too early' } }],
    calls: [{ expect: { status: '9', trailersOnly: false, trailers: { 'grpc-message': 'too early' } } }],
  },
  {
    id: 'trailers-metadata', rule: 'Trailing metadata comes in the trailers', source: responses, breaks: ['drops-trailers'],
    answers: [{ trailers: { 'x-custom': 'last' } }],
    calls: [{ expect: { trailers: { 'x-custom': 'last' } } }],
  },
  {
    id: 'trailers-apart', rule: 'Trailing metadata does not become initial metadata', source: 'RFC 9110 section 6.5.1', breaks: ['merges-trailers'],
    answers: [{ initial: { 'x-custom-first': '1' }, trailers: { 'x-custom': 'last' } }],
    calls: [{ expect: { initial: { 'x-custom': null }, trailers: { 'x-custom-first': null } } }],
  },
  {
    id: 'trailers-only', rule: 'Trailers-Only stays one header block', source: responses, breaks: ['splits-trailers-only'],
    answers: [{ trailersOnly: true, status: 5 }],
    calls: [{ expect: { status: '5', trailersOnly: true } }],
  },
  {
    id: 'trailers-only-metadata', rule: 'Metadata of Trailers-Only stays in it', source: responses, breaks: ['drops-response-metadata'],
    answers: [{ trailersOnly: true, status: 7, initial: { 'x-custom': 'why' } }],
    calls: [{ expect: { status: '7', trailers: { 'x-custom': 'why' } } }],
  },
  {
    id: 'trailers-message-coding', rule: 'grpc-message stays percent-encoded as it was, neither decoded nor encoded again', source: 'gRPC PROTOCOL-HTTP2, "Status-Message"', breaks: ['decodes-grpc-message'],
    answers: [{ status: 3, trailers: { 'grpc-message': '100%25 f%C3%BCr %zz' } }],
    calls: [{ expect: { status: '3', trailers: { 'grpc-message': '100%25 f%C3%BCr %zz' } } }],
  },
  {
    id: 'trailers-details', rule: 'grpc-status-details-bin stays', source: 'gRPC richer error model (grpc-status-details-bin)', breaks: ['drops-status-details'],
    answers: [{ status: 3, trailers: { 'grpc-status-details-bin': 'CAMSBWFiY2Rl' } }],
    calls: [{ expect: { status: '3', trailers: { 'grpc-status-details-bin': 'CAMSBWFiY2Rl' } } }],
  },
  {
    id: 'trailers-repeats', rule: 'Repeated trailers keep their order', source: 'gRPC PROTOCOL-HTTP2, "Custom-Metadata"', breaks: ['reverses-response-repeats'],
    answers: [{ trailers: { 'x-custom': ['b', 'a'] } }],
    calls: [{ expect: { trailers: { 'x-custom': ['b', 'a'] } } }],
  },
  {
    id: 'trailers-partial-failure', rule: 'An error after a message is both: the message, and the error', source: responses, breaks: ['flattens-status'],
    answers: [{ messages: ['one', 'two'], status: 15 }],
    calls: [{ expect: { status: '15', messages: 2 } }],
  },
  {
    id: 'trailers-empty-answer', rule: 'OK without a message stays that', source: responses, breaks: ['invents-messages'],
    answers: [{ message: null }],
    calls: [{ expect: { messages: 0 } }],
  },
  {
    id: 'trailers-reused', rule: 'A reused answer has its trailers', source: 'RFC 9111 section 3.1', breaks: ['hits-without-trailers'],
    answers: [{ cc: 'max-age=60', trailers: { 'x-custom': 'last' } }],
    calls: [{}, { expect: { trailers: { 'x-custom': 'last' } } }],
  },
  {
    id: 'trailers-reused-apart', rule: "A reused answer's trailers are not moved to its headers", source: 'RFC 9111 section 3.1, RFC 9110 section 6.5.1', breaks: ['hits-move-trailers'],
    answers: [{ cc: 'max-age=60', trailers: { 'x-custom': 'last' } }],
    calls: [{}, { expect: { initial: { 'x-custom': null } } }],
  },
  {
    id: 'trailers-forbid', rule: 'no-store in trailers forbids storing', source: declares, breaks: ['ignores-trailers-restrictions'],
    answers: [{ cc: 'max-age=60', trailers: { 'cache-control': 'no-store' } }],
    calls: [{}, { by: 2 }],
  },
  {
    id: 'trailers-permit-nothing', rule: 'A lifetime in trailers permits nothing: the answer has gone by then', source: 'RFC 9110 section 6.5.1', breaks: ['permits-in-trailers'],
    answers: [{ trailers: { 'cache-control': 'public, max-age=60' } }],
    calls: [{}, { by: 2 }],
  },
  {
    id: 'trailers-public', rule: 'public in trailers shares nothing', source: declares, breaks: ['permits-in-trailers'],
    answers: [{ cc: 'max-age=60', trailers: { 'cache-control': 'public' } }],
    calls: [{ metadata: { authorization: 'Bearer a' } }, { metadata: { authorization: 'Bearer b' }, by: 2 }],
  },
  {
    id: 'trailers-set-cookie', rule: 'set-cookie in trailers forbids storing', source: declares, breaks: ['stores-trailers-set-cookie'],
    answers: [{ cc: 'max-age=60', trailers: { 'set-cookie': 'a=b' } }],
    calls: [{}, { by: 2 }],
  },
  {
    id: 'trailers-only-ok', rule: 'Trailers-Only with OK has no message to be used again', source: declares, breaks: ['stores-trailers-only-ok'],
    answers: [{ trailersOnly: true, status: 0, cc: 'max-age=60' }],
    calls: [{}, { by: 2 }],
  },
  {
    id: 'trailers-late', rule: 'Trailers wait for the last message, and no longer: the call has ended with them', source: responses, breaks: ['status-does-not-end'],
    answers: [{ trailersOnly: true, status: 8 }],
    async run(t) {
      const call = await t.open();
      await call.send('question');
      await call.end();
      const answer = await t.within('the end of the stream', call.headers().then(() => t.whole(call)), 3);
      demand(answer.status === '8', `it ended with ${answer.status}`);
    },
  },
];
