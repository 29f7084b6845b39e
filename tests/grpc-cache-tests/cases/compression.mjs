// Message coding (gRPC compression.md): who sent what, and who can read it.

import { gunzipSync, gzipSync } from 'node:zlib';
import { demand } from '../suite/expect.mjs';

const spec = 'gRPC compression.md';
const coded = gzipSync('answer');
const gzipped = (more = {}) => ({ initial: { 'grpc-encoding': 'gzip', ...more.initial }, message: coded, isCompressed: true, ...(more.cc && { cc: more.cc }) });
const accepts = (codings) => ({ metadata: { 'grpc-accept-encoding': codings } });

/** What a caller reads of an answer that it can read. */
function read(answer) {
  const [message] = answer.messages;
  return message?.isCompressed ? gunzipSync(message.bytes).toString() : message?.bytes.toString();
}

function demandReadable(answer, codings) {
  const coding = answer.initial?.get('grpc-encoding') ?? 'identity';
  const isCoded = answer.messages.some(({ isCompressed }) => isCompressed);
  demand(!isCoded || codings.includes(coding), `a message coded by ${coding} came to a caller that takes ${codings.join(', ') || 'none'}`);
}

export default [
  {
    id: 'compression-relayed', rule: 'A compressed answer comes back as it was coded, to a caller that takes it', source: spec, breaks: ['drops-coding'],
    answers: [gzipped()],
    async run(t) {
      const answer = await t.expect(accepts('identity,gzip'));
      demand(answer.messages[0]?.isCompressed === (answer.initial.get('grpc-encoding') === 'gzip') && read(answer) === 'answer', `grpc-encoding is ${answer.initial.get('grpc-encoding')}, the flag ${answer.messages[0]?.isCompressed}`);
    },
  },
  {
    id: 'compression-reused', rule: 'A reused compressed answer can be read', source: `${spec}; RFC 9111 section 3.1`, breaks: ['drops-coding'],
    answers: [gzipped({ cc: 'max-age=60' })],
    async run(t) {
      await t.expect(accepts('gzip'));
      const answer = await t.expect(accepts('gzip'));
      demand(answer.initial.get('grpc-encoding') === 'gzip' || !answer.messages[0].isCompressed, 'the message is coded, and grpc-encoding does not say how');
      demand(read(answer) === 'answer', 'the message is another');
    },
  },
  {
    id: 'compression-to-others', rule: 'A stored compressed answer does not come compressed to a caller that does not take it', source: `${spec} (grpc-accept-encoding)`, breaks: ['gives-any-coding'],
    answers: [gzipped({ cc: 'max-age=60' }), { message: 'answer' }],
    async run(t) {
      await t.expect(accepts('gzip'));
      const answer = await t.expect({});
      demandReadable(answer, []);
      demand(read(answer) === 'answer', 'the message is another');
    },
  },
  {
    id: 'compression-header-goes', rule: 'An answer that was decompressed does not say grpc-encoding: gzip of messages that are flagged as coded, nor the reverse', source: spec, breaks: ['gives-any-coding+drops-coding'],
    answers: [gzipped({ cc: 'max-age=60' }), { message: 'answer' }],
    async run(t) {
      await t.expect(accepts('gzip'));
      const answer = await t.expect({});
      demand(!answer.messages[0]?.isCompressed || answer.initial.has('grpc-encoding'), 'a coded message without grpc-encoding');
    },
  },
  {
    id: 'compression-decompresses', kind: 'optimal', rule: 'A stored compressed answer serves callers that do not take its coding, decompressed', source: 'docs/caching.md, "What an answer says"', breaks: ['never-stores'],
    answers: [gzipped({ cc: 'max-age=60' })],
    async run(t) {
      await t.expect(accepts('gzip'));
      const answer = await t.expect({ by: 1 });
      demand(read(answer) === 'answer' && !answer.messages[0].isCompressed, 'it is not the message, decompressed');
    },
  },
  {
    id: 'compression-unknown', rule: 'A coding that the proxy does not know does not reach callers that do not take it', source: `${spec} (grpc-accept-encoding)`, breaks: ['stores-unknown-codings+gives-any-coding'],
    answers: [{ cc: 'max-age=60', initial: { 'grpc-encoding': 'x-own' }, message: 'coded', isCompressed: true }, { message: 'answer' }],
    async run(t) {
      await t.expect(accepts('x-own'));
      demandReadable(await t.expect({}), []);
    },
  },
  {
    id: 'compression-unknown-relayed', rule: 'A coding that the proxy does not know comes back to a caller that takes it', source: spec, breaks: ['drops-coding'],
    answers: [{ initial: { 'grpc-encoding': 'x-own' }, message: 'coded', isCompressed: true }],
    calls: [{ ...accepts('x-own'), expect: { message: 'coded', initial: { 'grpc-encoding': 'x-own' } } }],
  },
  {
    id: 'compression-not-widened', rule: 'The origin does not answer in a coding that the caller does not take, because a proxy said that it does', source: `${spec} (grpc-accept-encoding)`, breaks: ['widens-accept-encoding'],
    answers: [async (exchange) => exchange.say(/gzip/.test(exchange.request.get('grpc-accept-encoding') ?? '') ? gzipped() : { message: 'answer' })],
    async run(t) {
      const answer = await t.expect({});
      demandReadable(answer, []);
      demand(read(answer) === 'answer', 'the message is another');
    },
  },
  {
    id: 'compression-flag', rule: 'A message that is not compressed in an answer that names a coding stays so when it is reused', source: spec, breaks: ['sets-compressed-flag'],
    answers: [{ cc: 'max-age=60', initial: { 'grpc-encoding': 'gzip' }, message: 'answer' }],
    async run(t) {
      await t.expect(accepts('gzip'));
      const answer = await t.expect(accepts('gzip'));
      demand(!answer.messages[0]?.isCompressed && answer.text === 'answer', 'the message is flagged as compressed');
    },
  },
  {
    id: 'compression-unnamed', rule: 'A message that is flagged as compressed by no named coding is not used again', source: `${spec}; RFC 9111 section 3.3`, breaks: ['stores-uncoded-compressed'],
    answers: [{ cc: 'max-age=60', message: coded, isCompressed: true }],
    calls: [{ ...accepts('gzip'), expect: { status: /./ } }, { ...accepts('gzip'), expect: { status: /./, byNot: 1 } }],
  },
  {
    id: 'compression-damaged', rule: 'A stored message that cannot be decompressed is not given decompressed', source: spec, breaks: ['trusts-gzip'],
    answers: [{ cc: 'max-age=60', initial: { 'grpc-encoding': 'gzip' }, message: 'this is no gzip', isCompressed: true }, { message: 'answer' }],
    async run(t) {
      await t.expect({ ...accepts('gzip'), expect: { status: /./ } });
      const answer = await t.expect({ expect: { status: /./ } });
      demand(answer.status !== '0' || answer.by !== 1, 'the damaged message came with OK');
    },
  },
  {
    id: 'compression-accept-relayed', rule: "The origin's grpc-accept-encoding comes back: by it a client knows how it may code", source: spec, breaks: ['drops-accept-encoding'],
    answers: [{ initial: { 'grpc-accept-encoding': 'identity,gzip' } }], calls: [{ expect: { initial: { 'grpc-accept-encoding': ['identity', 'gzip'] } } }],
  },
  {
    id: 'compression-not-of-content', rule: 'A proxy does not code the HTTP content of gRPC: there is no content-encoding in it', source: 'gRPC PROTOCOL-HTTP2, "Responses"', breaks: ['codes-content'],
    calls: [{ metadata: { 'accept-encoding': 'gzip, br' }, expect: { initial: { 'content-encoding': null }, messages: 1 } }],
  },
];
