// What makes two calls the same.

import { gzipSync } from 'node:zlib';

const same = 'docs/caching.md, "What makes two calls the same"';
const key = 'RFC 9111 section 2 (cache key), docs/caching.md, "What makes two calls the same"';
const answers = [{ cc: 'public, max-age=60' }];

export default [
  { id: 'keys-message', rule: "An answer is not used for another message: gRPC's question is in its body", source: key, breaks: ['keys-without-message'], answers, calls: [{ message: 'one' }, { message: 'two', by: 2 }] },
  { id: 'keys-message-end', rule: 'Messages that differ at their end alone are others', source: key, breaks: ['keys-message-prefix'], answers, calls: [{ message: `${'m'.repeat(40_000)}1` }, { message: `${'m'.repeat(40_000)}2`, by: 2 }] },
  { id: 'keys-empty-message', rule: 'A message of no bytes is another than one of zero bytes in value', source: key, breaks: ['keys-without-message'], answers, calls: [{ message: '' }, { message: '\0', by: 2 }] },
  { id: 'keys-method', rule: 'An answer is not used for another method', source: key, breaks: ['keys-without-method'], answers, calls: [{ method: 'One' }, { method: 'Two', by: 2 }] },
  { id: 'keys-service', rule: 'An answer is not used for another service', source: key, breaks: ['keys-without-service'], answers, calls: [{ service: 'One' }, { service: 'Two', by: 2 }] },
  { id: 'keys-case', rule: 'Methods whose names differ in case are others', source: 'RFC 9110 section 4.2.3', breaks: ['keys-lower-case'], answers, calls: [{ method: 'Get' }, { method: 'get', by: 2 }] },
  {
    id: 'keys-query', rule: 'A query is part of the path', source: 'RFC 9110 section 4.2', breaks: ['keys-path-without-query'], answers,
    calls: [{ method: 'Get?x=1', expect: { status: /./ } }, { method: 'Get?x=2', expect: { status: /./, byNot: 1 } }],
  },
  {
    id: 'keys-escapes', kind: 'check', rule: 'A percent-encoded path is another: gRPC does not decode it', source: 'gRPC PROTOCOL-HTTP2, "Requests" (Path)', breaks: ['keys-decoded-path'], answers,
    calls: [{ method: 'GetA', expect: { status: /./ } }, { method: 'Get%41', expect: { status: /./, byNot: 1 } }],
  },
  { id: 'keys-boundaries', rule: "No part of a key runs into the next: 'Get' of '1x' is not 'Get1' of 'x'", source: same, breaks: ['keys-joined-without-lengths+keys-without-host+keys-without-type'], answers, calls: [{ method: 'Get', message: '1x' }, { method: 'Get1', message: 'x', by: 2 }] },
  {
    id: 'keys-authority', rule: 'An answer is not used for another host: the origin may tell hosts apart', source: key, breaks: ['keys-without-host'], answers,
    calls: [{ authority: 'a.example' }, { authority: 'b.example', by: 2 }],
  },
  {
    id: 'keys-type', rule: 'An answer in one media type is not used for a call in another', source: same, breaks: ['keys-without-type'], answers,
    calls: [{ contentType: 'application/grpc+proto' }, { contentType: 'application/grpc+json', by: 2 }],
  },
  {
    id: 'keys-first-message', rule: 'A call with several messages is not answered by the answer to its first', source: same, breaks: ['keys-first-message'], answers,
    calls: [{ message: 'one' }, { messages: ['one', 'two'], by: 2 }],
  },
  {
    id: 'keys-no-message', rule: 'A call without a message is not answered by the answer to an empty one', source: same, breaks: ['keys-nothing-as-empty'], answers,
    calls: [{ message: '' }, { messages: [], by: 2 }],
  },
  { id: 'keys-no-connection', kind: 'optimal', rule: 'An answer is used for calls of other connections', source: 'RFC 9111 section 2', breaks: ['never-stores'], answers, async run(t) {
    await t.expect({ by: 1 });
    await t.expect({ connection: await t.connection({ fresh: true }), by: 1 });
  } },
  { id: 'keys-user-agent', kind: 'optimal', rule: 'An answer is used whatever library asks', source: same, breaks: ['keys-user-agent'], answers, calls: [{}, { metadata: { 'user-agent': 'grpc-python/1.60' }, by: 1 }] },
  { id: 'keys-timeout', kind: 'optimal', rule: 'An answer is used whatever the deadline', source: same, breaks: ['keys-timeout'], answers, calls: [{ timeout: '10S' }, { timeout: '20S', by: 1 }] },
  {
    id: 'keys-trace', kind: 'optimal', rule: 'An answer is used whatever the trace', source: same, breaks: ['keys-trace'], answers,
    calls: [{ metadata: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } }, { metadata: { traceparent: '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, by: 1 }],
  },
  {
    id: 'keys-accept-encoding', kind: 'optimal', rule: 'An answer that is not compressed is used whatever codings the caller takes', source: same, breaks: ['keys-accept-encoding'], answers,
    calls: [{ metadata: { 'grpc-accept-encoding': 'identity,gzip' } }, { metadata: { 'grpc-accept-encoding': 'identity,deflate,gzip' }, by: 1 }],
  },
  {
    id: 'keys-compressed-message', kind: 'optimal', rule: 'The same message, compressed, has the same answer', source: same, breaks: ['keys-compressed-bytes'], answers,
    calls: [{ message: 'the same' }, { message: gzipSync('the same'), isCompressed: true, metadata: { 'grpc-encoding': 'gzip' }, by: 1 }],
  },
  {
    id: 'keys-compressed-as-plain', rule: "A compressed message's bytes are not taken for a plain message", source: same, breaks: ['keys-compressed-bytes'], answers,
    calls: [{ message: gzipSync('the same') }, { message: gzipSync('the same'), isCompressed: true, metadata: { 'grpc-encoding': 'gzip' }, by: 2 }],
  },
];
