// What passes through a proxy unchanged, whether it caches or not.

import { gzipSync } from 'node:zlib';
import { demand } from '../suite/expect.mjs';

const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const protocol = (section) => `gRPC PROTOCOL-HTTP2, "${section}"`;

/** A bidirectional call whose origin answers each message with it, in upper case. */
const echo = async (exchange) => {
  exchange.initial();
  for (let message; (message = await exchange.read()); ) {
    await exchange.send(message.bytes.toString('latin1').toUpperCase());
  }
  exchange.finish();
};

export default [
  {
    id: 'relay-path', rule: 'The path, which names service and method, arrives as it was sent', source: protocol('Requests'), breaks: ['changes-path'],
    calls: [{ method: 'GetAZaz.09', arrives: { ':path': (values) => values[0].endsWith('_GetAZaz.09') } }],
  },
  {
    id: 'relay-method', rule: 'A call arrives as POST', source: protocol('Requests'), breaks: ['changes-method'],
    calls: [{ arrives: { ':method': 'POST' } }],
  },
  {
    id: 'relay-te', rule: 'te: trailers arrives, by which servers know that trailers will not be lost', source: protocol('Requests'), breaks: ['drops-te'],
    calls: [{ arrives: { te: 'trailers' } }],
  },
  {
    id: 'relay-request-type', rule: "The request's media type arrives with its suffix", source: protocol('Requests'), breaks: ['changes-request-type'],
    calls: [{ contentType: 'application/grpc+json', arrives: { 'content-type': 'application/grpc+json' } }],
  },
  {
    id: 'relay-response-type', rule: "The answer's media type comes back with its suffix", source: protocol('Responses'), breaks: ['changes-response-type'],
    answers: [{ contentType: 'application/grpc+json' }],
    calls: [{ contentType: 'application/grpc+json', expect: { initial: { 'content-type': 'application/grpc+json' } } }],
  },
  {
    id: 'relay-request-metadata', rule: 'Request metadata of any name arrives', source: protocol('Custom-Metadata'), breaks: ['drops-request-metadata'],
    calls: [{ metadata: { 'x-custom.name_1': 'one', 'x-custom-2': 'two' }, arrives: { 'x-custom.name_1': 'one', 'x-custom-2': 'two' } }],
  },
  {
    id: 'relay-response-metadata', rule: 'Response metadata of any name comes back', source: protocol('Custom-Metadata'), breaks: ['drops-response-metadata'],
    answers: [{ initial: { 'x-custom.name_1': 'one', 'x-custom-2': 'two' } }],
    calls: [{ expect: { initial: { 'x-custom.name_1': 'one', 'x-custom-2': 'two' } } }],
  },
  {
    id: 'relay-value-text', rule: 'Every printable ASCII character of a value stays, spaces within included', source: protocol('ASCII-Value'), breaks: ['squeezes-values'],
    calls: [{ metadata: { 'x-custom': 'a  b "c", (d) 100% <e>; f=\\g~' }, arrives: { 'x-custom': 'a  b "c", (d) 100% <e>; f=\\g~' } }],
  },
  {
    id: 'relay-empty-value', rule: 'Metadata with an empty value stays', source: protocol('Custom-Metadata'), breaks: ['drops-empty-values'],
    calls: [{ metadata: { 'x-custom': '' }, arrives: { 'x-custom': '' } }],
  },
  {
    id: 'relay-binary-value', rule: 'Values of -bin names are not coded anew', source: protocol('Binary-Header'), breaks: ['pads-bin-values'],
    calls: [{ metadata: { 'x-custom-bin': '/v8AAQ' }, arrives: { 'x-custom-bin': '/v8AAQ' } }],
  },
  {
    id: 'relay-request-repeats', rule: 'Repeated request metadata keeps its order', source: protocol('Custom-Metadata'), breaks: ['reverses-request-repeats', 'drops-request-repeats'],
    calls: [{ metadata: { 'x-custom': ['c', 'a', 'b'] }, arrives: { 'x-custom': ['c', 'a', 'b'] } }],
  },
  {
    id: 'relay-response-repeats', rule: 'Repeated response metadata keeps its order', source: protocol('Custom-Metadata'), breaks: ['reverses-response-repeats', 'drops-response-repeats'],
    answers: [{ initial: { 'x-custom': ['c', 'a', 'b'] } }],
    calls: [{ expect: { initial: { 'x-custom': ['c', 'a', 'b'] } } }],
  },
  {
    id: 'relay-request-repeats-apart', kind: 'check', rule: 'Repeated -bin request metadata stays in fields of its own: receivers may split at commas, and several do not', source: protocol('Custom-Metadata'), breaks: ['joins-request-repeats'],
    calls: [{ metadata: { 'x-custom-bin': ['AQ', 'Ag'] }, arrives: { 'x-custom-bin': { apart: ['AQ', 'Ag'] } } }],
  },
  {
    id: 'relay-response-repeats-apart', kind: 'check', rule: 'Repeated -bin response metadata stays in fields of its own', source: protocol('Custom-Metadata'), breaks: ['joins-response-repeats'],
    answers: [{ initial: { 'x-custom-bin': ['AQ', 'Ag'] } }],
    calls: [{ expect: { initial: { 'x-custom-bin': { apart: ['AQ', 'Ag'] } } } }],
  },
  {
    id: 'relay-user-agent', rule: "The caller's user-agent arrives", source: protocol('User Agents'), breaks: ['drops-user-agent'],
    calls: [{ arrives: { 'user-agent': /grpc-cache-tests/ } }],
  },
  {
    id: 'relay-credentials', rule: 'Credentials arrive: the origin alone judges them', source: 'RFC 9110 section 11.6.2', breaks: ['drops-credentials'],
    calls: [{ metadata: { authorization: 'Bearer abc' }, arrives: { authorization: 'Bearer abc' } }],
  },
  {
    id: 'relay-trace', rule: 'Trace context arrives: the same trace, whatever the parent', source: 'W3C Trace Context section 2.3', breaks: ['drops-trace'],
    calls: [{ metadata: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, arrives: { traceparent: /^00-0af7651916cd43dd8448eb211c80319c-/ } }],
  },
  {
    id: 'relay-authority', kind: 'check', rule: 'The origin learns which host the caller asked for, by :authority or x-forwarded-host', source: 'docs/caching.md, "What makes two calls the same"', breaks: ['hides-authority'],
    async run(t) {
      await t.expect({ authority: 'shop.example' });
      const { request } = t.origin.calls[0];
      demand([request.get(':authority'), request.get('x-forwarded-host')].includes('shop.example'), `:authority is ${request.get(':authority')}, x-forwarded-host ${request.get('x-forwarded-host')}`);
    },
  },
  {
    id: 'relay-lower-case', rule: 'Field names come back in lower case', source: 'RFC 9113 section 8.2.1', breaks: ['upper-case-names'],
    answers: [{ initial: { 'x-custom': '1' } }],
    async run(t) {
      const answer = await t.expect({});
      const upper = answer.initial.pairs.find(([name]) => /[A-Z]/.test(name));
      demand(!upper, `${upper?.[0]} is not in lower case`);
    },
  },
  {
    id: 'relay-request-bytes', rule: "A request's bytes are not read as text", source: protocol('Length-Prefixed-Message'), breaks: ['as-text'],
    async run(t) {
      await t.expect({ message: every });
      demand(t.origin.calls[0].messages[0]?.bytes.equals(every), 'the message that arrived is another');
    },
  },
  {
    id: 'relay-response-bytes', rule: "An answer's bytes are not read as text", source: protocol('Length-Prefixed-Message'), breaks: ['responses-as-text'],
    answers: [{ message: every }],
    calls: [{ expect: { message: every } }],
  },
  {
    id: 'relay-empty-message', rule: 'A message of no bytes is a message: five bytes on the wire', source: protocol('Length-Prefixed-Message'), breaks: ['drops-empty-messages'],
    async run(t) {
      await t.expect({ message: '' });
      demand(t.origin.calls[0].messages.length === 1, `${t.origin.calls[0].messages.length} messages arrived`);
    },
  },
  {
    id: 'relay-compressed-request', rule: 'A compressed request arrives as it was coded, its flag and grpc-encoding with it', source: 'gRPC compression.md', breaks: ['drops-request-coding'],
    async run(t) {
      const coded = gzipSync('question');
      await t.expect({ message: coded, isCompressed: true, metadata: { 'grpc-encoding': 'gzip' } });
      const { request, messages } = t.origin.calls[0];
      demand(messages[0].isCompressed === (request.get('grpc-encoding') === 'gzip'), `grpc-encoding is ${request.get('grpc-encoding')}, the flag ${Number(messages[0].isCompressed)}`);
      demand(!messages[0].isCompressed || messages[0].bytes.equals(coded), 'the coded bytes are others');
    },
  },
  {
    id: 'relay-fragments', rule: 'A message in several DATA frames arrives whole: frames are no boundaries of messages', source: protocol('Data frames'), breaks: ['one-message'],
    async run(t) {
      await t.expect({ messages: ['one', 'two', 'three'], frameBytes: 3 });
      const arrived = t.origin.calls[0].messages.map(({ bytes }) => bytes.toString());
      demand(arrived.join() === 'one,two,three', `${arrived.join()} arrived`);
    },
  },
  {
    id: 'relay-padding', rule: 'Padding of DATA frames is no content', source: 'RFC 9113 section 6.1', breaks: ['keeps-padding'],
    async run(t) {
      await t.expect({ message: 'padded', pad: 20 });
      demand(t.origin.calls[0].messages[0]?.bytes.toString() === 'padded', `${t.origin.calls[0].messages[0]?.bytes} arrived`);
    },
  },
  {
    id: 'relay-continuation', rule: 'A header block in HEADERS and CONTINUATION is one block', source: 'RFC 9113 section 6.10', breaks: ['ignores-continuation'],
    calls: [{ metadata: { 'x-custom': '1'.repeat(100) }, splitAt: 20, arrives: { 'x-custom': '1'.repeat(100) } }],
  },
  {
    id: 'relay-server-stream', rule: 'Messages of a server stream come as they are sent, not at its end', source: protocol('Responses'), breaks: ['buffers-responses'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        await exchange.send('first');
        await gate;
        await exchange.send('second');
        exchange.finish();
      }];
      const call = await t.open();
      await call.send('question');
      await call.end();
      demand((await t.within('the first message', call.message(1))) === 'first', 'the first message is another');
      go();
      const answer = await t.whole(call);
      demand(answer.messages.length === 2 && answer.status === '0', `${answer.messages.length} messages, status ${answer.status}`);
    },
  },
  {
    id: 'relay-early-headers', rule: 'Initial metadata comes before the first message, when the origin sends it', source: protocol('Responses'), breaks: ['initial-with-message'],
    async run(t) {
      let go;
      const gate = new Promise((resolve) => (go = resolve));
      t.origin.answers = [async (exchange) => {
        await exchange.readAll();
        exchange.initial({ 'x-custom': 'early' });
        await gate;
        await exchange.send('late');
        exchange.finish();
      }];
      const call = await t.open();
      await call.send('question');
      await call.end();
      const early = await t.within('initial metadata', call.headers());
      demand(early.initial?.get('x-custom') === 'early', 'initial metadata is another');
      go();
      demand((await t.whole(call)).status === '0', 'the call failed');
    },
  },
  {
    id: 'relay-client-stream', rule: 'All messages of a client stream arrive, in order', source: protocol('Requests'), breaks: ['one-message'],
    async run(t) {
      const call = await t.open();
      for (let i = 0; i < 5; i++) {
        await call.send(`message ${i}`);
        await t.wait(0.05);
      }
      await call.end();
      await t.whole(call);
      const arrived = t.origin.calls[0].messages.map(({ bytes }) => bytes.toString()).join();
      demand(arrived === 'message 0,message 1,message 2,message 3,message 4', `${arrived} arrived`);
    },
  },
  {
    id: 'relay-bidirectional', rule: 'A bidirectional call is a conversation: an answer comes while the request goes on', source: protocol('Requests'), breaks: ['buffers-requests'],
    answers: [echo],
    async run(t) {
      const call = await t.open();
      for (const [i, word] of ['one', 'two', 'three'].entries()) {
        await call.send(word);
        const heard = await t.within(`the answer to message ${i + 1}`, call.message(i + 1));
        demand(heard === word.toUpperCase(), `${heard} answers ${word}`);
      }
      await call.end();
      demand((await t.whole(call)).status === '0', 'the call failed');
    },
  },
  {
    id: 'relay-server-first', rule: "The server may speak first: a call goes upstream before the request's first message", source: protocol('Requests'), breaks: ['buffers-requests'],
    answers: [async (exchange) => {
      await exchange.send('welcome');
      await exchange.readAll();
      exchange.finish();
    }],
    async run(t) {
      const call = await t.open();
      demand((await t.within("the server's first message", call.message(1))) === 'welcome', 'it is another');
      await call.end();
      demand((await t.whole(call)).status === '0', 'the call failed');
    },
  },
  {
    id: 'relay-half-close', rule: "The request's end arrives while the answer goes on", source: protocol('EOS'), breaks: ['ends-requests-late'],
    answers: [async (exchange) => {
      await exchange.read();
      await exchange.send('hello');
      await exchange.readAll();
      await exchange.send('you have ended');
      exchange.finish();
    }],
    async run(t) {
      const call = await t.open();
      await call.send('question');
      await t.within('the first answer', call.message(1));
      await call.end();
      demand((await t.within('the answer to the end', call.message(2))) === 'you have ended', 'it is another');
    },
  },
  {
    id: 'relay-concurrent', rule: 'Calls at the same time on one connection have each their own answer', source: 'RFC 9113 section 5', breaks: ['keys-without-message+shares-everything'],
    answers: [async (exchange) => {
      const [message] = await exchange.readAll();
      await exchange.say({ message: `re: ${message.bytes}` });
    }],
    async run(t) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => t.call({ message: `question ${i}` })));
      answers.forEach((answer, i) => demand(answer.text === `re: question ${i}`, `question ${i} has ${answer.text} (${answer.status})`));
    },
  },
];
