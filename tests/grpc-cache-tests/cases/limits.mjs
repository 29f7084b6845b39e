// Sizes, counts, and peers that do not read.

import { gzipSync } from 'node:zlib';
import { demand } from '../suite/expect.mjs';

const limits = 'docs/caching.md';

export default [
  {
    id: 'limits-large-request', rule: 'A request of 6 MiB arrives: a proxy has no limit of its own on messages', source: 'gRPC PROTOCOL-HTTP2, "Length-Prefixed-Message"', breaks: ['limits-messages'],
    async run(t) {
      await t.expect({ message: Buffer.alloc(6 << 20, 'm') });
      demand(t.origin.calls[0].messages[0]?.bytes.length === 6 << 20, 'the message that arrived is another');
    },
  },
  {
    id: 'limits-large-answer', rule: 'An answer of 6 MiB comes back, and is right when asked for again', source: 'gRPC PROTOCOL-HTTP2, "Length-Prefixed-Message"', breaks: ['cuts-answers'],
    answers: [{ cc: 'max-age=60', message: Buffer.alloc(6 << 20, 'm') }],
    async run(t) {
      for (let i = 0; i < 2; i++) {
        const answer = await t.expect({ expect: { messages: 1 } });
        demand(answer.messages[0].bytes.length === 6 << 20, `${answer.messages[0].bytes.length} bytes came back`);
      }
    },
  },
  {
    id: 'limits-reused-large', kind: 'optimal', rule: 'An answer of 1 MiB is used again, whole', source: `${limits}: up to 4 MiB`, breaks: ['cuts-hits'],
    answers: [{ cc: 'max-age=60', message: Buffer.alloc(1 << 20, 'm') }],
    async run(t) {
      await t.expect({});
      const answer = await t.expect({ by: 1, expect: { messages: 1 } });
      demand(answer.messages[0].bytes.length === 1 << 20, `${answer.messages[0].bytes.length} bytes came back`);
    },
  },
  {
    id: 'limits-many-messages', rule: 'A stream of 2,000 messages comes back, each of them, in order', source: 'gRPC PROTOCOL-HTTP2, "Responses"', breaks: ['cuts-answers'],
    answers: [async (exchange) => exchange.say({ messages: Array.from({ length: 2000 }, (_, i) => `message ${i} ${'m'.repeat(100)}`) })],
    async run(t) {
      const answer = await t.expect({ expect: { messages: 2000 } });
      demand(answer.messages.every(({ bytes }, i) => bytes.toString().startsWith(`message ${i} `)), 'they are out of order');
    },
  },
  {
    id: 'limits-request-metadata', rule: '6 KiB of request metadata arrive: 8 KiB is what gRPC implementations allow', source: 'gRPC PROTOCOL-HTTP2, "Custom-Metadata" (limits)', breaks: ['limits-metadata'],
    calls: [{ metadata: { 'x-custom': 'm'.repeat(6000) }, arrives: { 'x-custom': 'm'.repeat(6000) } }],
  },
  {
    id: 'limits-response-metadata', rule: '6 KiB of response metadata come back', source: 'gRPC PROTOCOL-HTTP2, "Custom-Metadata" (limits)', breaks: ['limits-metadata'],
    answers: [{ initial: { 'x-custom': 'm'.repeat(6000) } }], calls: [{ expect: { initial: { 'x-custom': 'm'.repeat(6000) } } }],
  },
  {
    id: 'limits-many-fields', rule: '60 fields of metadata arrive and come back', source: 'gRPC PROTOCOL-HTTP2, "Custom-Metadata"', breaks: ['limits-fields'],
    answers: [{ initial: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-custom-${i}`, String(i)])) }],
    calls: [{ metadata: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-custom-${i}`, String(i)])), arrives: { 'x-custom-59': '59' }, expect: { initial: { 'x-custom-59': '59' } } }],
  },
  {
    id: 'limits-metadata-bomb', rule: 'A megabyte of metadata harms its own call, or its own connection, and no other', source: 'RFC 9113 section 10.5.1', breaks: ['crashes-on-large-metadata'],
    async run(t) {
      const bad = await t.connection({ fresh: true });
      const call = await t.open({ connection: bad, metadata: { 'x-custom': 'm'.repeat(1 << 20) } });
      call.send('question').catch(() => {});
      await Promise.race([call.whole(), t.wait(2)]);
      await t.expect({ connection: await t.connection({ fresh: true }), message: 'an ordinary call afterwards' });
    },
  },
  {
    id: 'limits-backpressure', rule: 'An answer that its caller does not read is not read on without end from the origin', source: 'RFC 9113 section 5.2', breaks: ['buffers-without-bound'],
    async run(t) {
      let sent = 0;
      t.origin.answers = [async (exchange) => {
        await exchange.read();
        for (const piece = Buffer.alloc(256 << 10, 'm'); sent < 48 << 20 && !exchange.stream.isReset; sent += piece.length) {
          await exchange.send(piece);
        }
      }];
      const call = await t.open({ connection: await t.connection({ fresh: true, initialWindow: 65_535 }) });
      call.stream.isAutomatic = false;
      await call.send('question');
      await t.within('the first message', call.headers());
      for (let before = -1; before !== sent && sent < 48 << 20; ) {
        before = sent;
        await t.wait(0.7);
      }
      demand(sent < 48 << 20, 'the proxy took all of 48 MiB');
      call.cancel();
    },
  },
  {
    id: 'limits-request-backpressure', rule: 'A request that the origin does not read is not taken without end from its caller', source: 'RFC 9113 section 5.2', breaks: ['buffers-without-bound'],
    async run(t) {
      t.origin.answers = [async (exchange) => {
        exchange.stream.isAutomatic = false;
        exchange.initial();
        await exchange.stream.resetEvent();
      }];
      const call = await t.open({ connection: await t.connection({ fresh: true }) });
      let sent = 0;
      const sending = (async () => {
        for (const piece = Buffer.alloc(256 << 10, 'm'); sent < 48 << 20 && !call.stream.isReset; sent += piece.length) {
          await call.send(piece);
        }
      })();
      await t.within("the call's arrival", t.origin.arrived(1));
      for (let before = -1; before !== sent && sent < 48 << 20; ) {
        before = sent;
        await t.wait(0.7);
      }
      demand(sent < 48 << 20, 'the proxy took all of 48 MiB');
      call.cancel();
      await sending;
    },
  },
  {
    id: 'limits-small-window', rule: 'A caller with a window of a few bytes gets its answer, a few bytes at a time', source: 'RFC 9113 section 6.9', breaks: ['ignores-windows'],
    answers: [{ message: 'm'.repeat(100) }],
    async run(t) {
      const connection = await t.connection({ fresh: true, initialWindow: 7 });
      const call = await t.open({ connection });
      call.stream.isAutomatic = false;
      await call.send('question');
      await call.end();
      await call.headers();
      let taken = 0;
      while (!call.answer.isWhole) {
        await t.within('more of the answer', call.read());
        const bytes = call.answer.frames.reduce((sum, size) => sum + size, 0);
        demand(bytes - taken <= 7, `${bytes - taken} bytes came where 7 were granted`);
        call.stream.grant(bytes - taken);
        taken = bytes;
      }
      demand(call.answer.status === '0' && call.answer.messages[0]?.bytes.length === 100, `${call.answer.status}, ${call.answer.messages[0]?.bytes.length} bytes`);
    },
  },
  {
    id: 'limits-frame-size', rule: 'No frame is larger than the receiver allows: 16 KiB unless it says more', source: 'RFC 9113 section 4.2', breaks: ['sends-large-frames'],
    answers: [{ cc: 'max-age=60', message: Buffer.alloc(200_000, 'm') }],
    async run(t) {
      const connection = await t.connection({ fresh: true });
      await t.expect({ connection });
      await t.expect({ connection });
      demand(connection.largestFrame <= 16_384, `a frame of ${connection.largestFrame} bytes came`);
    },
  },
  {
    id: 'limits-false-length', rule: 'A message whose prefix promises 4 GiB brings no more than its call down', source: 'gRPC PROTOCOL-HTTP2, "Length-Prefixed-Message"', breaks: ['trusts-lengths'],
    async run(t) {
      const call = await t.open({ connection: await t.connection({ fresh: true }) });
      await call.stream.sendData(Buffer.from([0, 255, 255, 255, 255, 1, 2, 3]), { end: true });
      await t.within("the call's end", call.whole());
      await t.expect({ message: 'an ordinary call afterwards' });
    },
  },
  {
    id: 'limits-gzip-bomb', rule: 'A request that grows a thousandfold when it is decompressed does not stop a proxy that decompresses to make its key', source: `${limits}: requests of up to 64 KiB`, breaks: ['trusts-bombs'],
    async run(t) {
      const bomb = gzipSync(Buffer.alloc(64 << 20));
      await t.expect({ message: bomb, isCompressed: true, metadata: { 'grpc-encoding': 'gzip' } });
      demand(t.origin.calls[0].messages[0].bytes.equals(bomb), 'the message that arrived is another');
    },
  },
  {
    id: 'limits-large-key', rule: 'A request beyond what a proxy keys is relayed, and its answer not given to another', source: `${limits}: requests of up to 64 KiB`, breaks: ['keys-large-messages+keys-message-prefix'],
    answers: [{ cc: 'public, max-age=60' }], calls: [{ message: `${'m'.repeat(200_000)}1` }, { message: `${'m'.repeat(200_000)}2`, by: 2 }],
  },
  {
    id: 'limits-unknown-frames', rule: 'Frames of unknown types are ignored', source: 'RFC 9113 section 5.5', breaks: ['refuses-unknown-frames'],
    async run(t) {
      const connection = await t.connection({ fresh: true });
      connection.writeFrame(0xbb, 0, 0, Buffer.from('unknown'));
      await t.expect({ connection });
    },
  },
  {
    id: 'limits-ping', rule: 'A PING is answered while calls go on', source: 'RFC 9113 section 6.7', breaks: ['ignores-pings'],
    async run(t) {
      const connection = await t.connection({ fresh: true });
      const call = await t.open({ connection });
      await t.within("the PING's answer", connection.ping(), 5);
      call.cancel();
    },
  },
  {
    id: 'limits-cancel-flood', rule: 'A hundred calls that are cancelled at once harm no other connection', source: 'CVE-2023-44487', breaks: ['crashes-on-cancels'],
    async run(t) {
      const bad = await t.connection({ fresh: true });
      for (let i = 0; i < 100; i++) {
        const call = await t.open({ connection: bad });
        call.cancel();
      }
      await t.expect({ connection: await t.connection({ fresh: true }), message: 'an ordinary call afterwards' });
    },
  },
];
