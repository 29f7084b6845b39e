'use strict';
// The standard interop cases, and what they are made of:
// https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md
const messageFlags = require('./message-flags.js');
const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');

/** WriteFlags.NoCompress, which grpc-js declares in its types but does not export. */
const NO_COMPRESS = 2;
const GZIP = { 'grpc.default_compression_algorithm': 2 };
const REQUEST_BYTES = 271828;
const RESPONSE_BYTES = 314159;
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';

const zeros = (size) => ({ body: Buffer.alloc(size) });
const largeRequest = (more) => ({ response_size: RESPONSE_BYTES, payload: zeros(REQUEST_BYTES), ...more });
const pingRequest = (requestSize, responseSize) => ({ payload: zeros(requestSize), response_parameters: [{ size: responseSize }] });

/** Makes a unary call; resolves, never rejects, with everything that came back. */
const unary = (client, method, request, metadata = new grpc.Metadata()) =>
  new Promise((resolve) => {
    const result = {};
    const call = client[method](request, metadata, (error, response) => Object.assign(result, { error, response }));
    call.on('metadata', (headers) => (result.headers = headers));
    call.on('status', (status) => resolve(Object.assign(result, { status })));
  });

/** Follows a call with responses; `next` takes one, `ended` resolves with the status. */
const follow = (call) => {
  const responses = [];
  const waiting = [];
  const result = { responses, headers: undefined };
  call.on('metadata', (headers) => (result.headers = headers));
  call.on('data', (response) => {
    responses.push(response);
    waiting.shift()?.(response);
  });
  call.on('error', () => {}); // The status event says the same.
  result.ended = new Promise((resolve) => call.on('status', resolve));
  result.next = () => new Promise((resolve) => waiting.push(resolve));
  return result;
};

/** Starts a client-streaming call; `ended` resolves with status and response. */
const upload = (client, interceptors) => {
  const result = {};
  const call = client.StreamingInputCall(new grpc.Metadata(), { interceptors }, (error, response) => (result.response = response));
  result.call = call;
  result.ended = new Promise((resolve) => call.on('status', (status) => resolve({ status, response: result.response })));
  return result;
};

/** Sends those messages uncompressed that say so: grpc-js takes the flag per message, but its writer cannot pass it on. */
const perMessageFlags = (options, nextCall) =>
  new (class extends grpc.InterceptingCall {
    sendMessageWithContext(context, message) {
      super.sendMessageWithContext({ ...context, flags: message.uncompressed ? NO_COMPRESS : 0 }, message);
    }
  })(nextCall(options));

const ended = (status, code, details) => {
  assert.equal(status.code, code, `status is ${status.code}: ${status.details}`);
  if (details !== undefined) assert.equal(status.details, details);
};

const sizes = (responses) => responses.map((response) => response.payload.body.length);

async function emptyUnary({ client }) {
  const { status, response } = await unary(client, 'EmptyCall', {});
  ended(status, grpc.status.OK);
  assert.deepEqual(response, {});
}

async function largeUnary({ client }) {
  const { status, response } = await unary(client, 'UnaryCall', largeRequest());
  ended(status, grpc.status.OK);
  assert.ok(response.payload.body.equals(Buffer.alloc(RESPONSE_BYTES)));
}

async function clientStreaming({ client }) {
  const stream = upload(client);
  for (const size of REQUEST_SIZES) stream.call.write({ payload: zeros(size) });
  stream.call.end();
  const { status, response } = await stream.ended;
  ended(status, grpc.status.OK);
  assert.equal(response.aggregated_payload_size, 74922);
}

async function serverStreaming({ client }) {
  const stream = follow(client.StreamingOutputCall({ response_parameters: RESPONSE_SIZES.map((size) => ({ size })) }));
  ended(await stream.ended, grpc.status.OK);
  assert.deepEqual(sizes(stream.responses), RESPONSE_SIZES);
}

async function pingPong({ client }) {
  const call = client.FullDuplexCall();
  const stream = follow(call);
  for (const [i, size] of REQUEST_SIZES.entries()) {
    const next = stream.next();
    call.write(pingRequest(size, RESPONSE_SIZES[i]));
    assert.equal((await next).payload.body.length, RESPONSE_SIZES[i]);
  }
  call.end();
  ended(await stream.ended, grpc.status.OK);
  assert.equal(stream.responses.length, 4);
}

async function emptyStream({ client }) {
  const call = client.FullDuplexCall();
  const stream = follow(call);
  call.end();
  ended(await stream.ended, grpc.status.OK);
  assert.equal(stream.responses.length, 0);
}

async function clientCompressedUnary({ client, makeClient }) {
  const compressing = makeClient(GZIP);
  const probe = largeRequest({ expect_compressed: { value: true } });
  ended((await unary(client, 'UnaryCall', probe)).status, grpc.status.INVALID_ARGUMENT);
  for (const [sender, expected] of [[compressing, true], [client, false]]) {
    const { status, response } = await unary(sender, 'UnaryCall', largeRequest({ expect_compressed: { value: expected } }));
    ended(status, grpc.status.OK);
    assert.equal(response.payload.body.length, RESPONSE_BYTES);
  }
  compressing.close();
}

async function serverCompressedUnary({ client }) {
  for (const compressed of [true, false]) {
    const { status, response } = await unary(client, 'UnaryCall', largeRequest({ response_compressed: { value: compressed } }));
    ended(status, grpc.status.OK);
    assert.equal(response.payload.body.length, RESPONSE_BYTES);
    assert.deepEqual(messageFlags.lastResponse.flags, [compressed]);
  }
}

async function clientCompressedStreaming({ client, makeClient }) {
  const probe = upload(client);
  probe.call.write({ payload: zeros(27182), expect_compressed: { value: true } });
  probe.call.end();
  ended((await probe.ended).status, grpc.status.INVALID_ARGUMENT);

  const compressing = makeClient(GZIP);
  const stream = upload(compressing, [perMessageFlags]);
  stream.call.write({ payload: zeros(27182), expect_compressed: { value: true } });
  stream.call.write({ payload: zeros(45904), expect_compressed: { value: false }, uncompressed: true });
  stream.call.end();
  const { status, response } = await stream.ended;
  ended(status, grpc.status.OK);
  assert.equal(response.aggregated_payload_size, 73086);
  compressing.close();
}

async function serverCompressedStreaming({ client }) {
  const stream = follow(
    client.StreamingOutputCall({
      response_parameters: [
        { size: 31415, compressed: { value: true } },
        { size: 92653, compressed: { value: false } },
      ],
    }),
  );
  ended(await stream.ended, grpc.status.OK);
  assert.deepEqual(sizes(stream.responses), [31415, 92653]);
  assert.deepEqual(messageFlags.lastResponse.flags, [true, false]);
}

async function customMetadata({ client }) {
  const metadata = new grpc.Metadata();
  metadata.set(INITIAL, 'test_initial_metadata_value');
  metadata.set(TRAILING, Buffer.from('ababab', 'hex'));
  const check = (headers, status) => {
    ended(status, grpc.status.OK);
    assert.deepEqual(headers.get(INITIAL), ['test_initial_metadata_value']);
    assert.deepEqual(status.metadata.get(TRAILING), [Buffer.from('ababab', 'hex')]);
  };

  const { headers, status, response } = await unary(client, 'UnaryCall', largeRequest(), metadata);
  assert.equal(response.payload.body.length, RESPONSE_BYTES);
  check(headers, status);

  const call = client.FullDuplexCall(metadata);
  const stream = follow(call);
  call.write(pingRequest(REQUEST_BYTES, RESPONSE_BYTES));
  call.end();
  const streamStatus = await stream.ended;
  assert.deepEqual(sizes(stream.responses), [RESPONSE_BYTES]);
  check(stream.headers, streamStatus);
}

/** Not a standard case: two values under one name stay two, in order. */
async function duplicateBinaryMetadata({ client }) {
  const values = ['ababab', '2c2000ff', '01'].map((hex) => Buffer.from(hex, 'hex'));
  const metadata = new grpc.Metadata();
  for (const value of values) metadata.add(TRAILING, value);
  const { status } = await unary(client, 'UnaryCall', {}, metadata);
  ended(status, grpc.status.OK);
  assert.deepEqual(status.metadata.get(TRAILING), values);
}

async function endsWithMessage(client, message) {
  const { status } = await unary(client, 'UnaryCall', { response_status: { code: 2, message } });
  ended(status, grpc.status.UNKNOWN, message);
}

async function statusCodeAndMessage({ client }) {
  await endsWithMessage(client, 'test status message');
  const call = client.FullDuplexCall();
  const stream = follow(call);
  call.write({ response_status: { code: 2, message: 'test status message' } });
  call.end();
  ended(await stream.ended, grpc.status.UNKNOWN, 'test status message');
}

const specialStatusMessage = ({ client }) =>
  endsWithMessage(client, '\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n');

async function unimplementedMethod({ client }) {
  ended((await unary(client, 'UnimplementedCall', {})).status, grpc.status.UNIMPLEMENTED);
}

async function unimplementedService({ unimplemented }) {
  ended((await unary(unimplemented, 'UnimplementedCall', {})).status, grpc.status.UNIMPLEMENTED);
}

async function cancelAfterBegin({ client }) {
  const stream = upload(client);
  stream.call.cancel();
  ended((await stream.ended).status, grpc.status.CANCELLED);
}

async function cancelAfterFirstResponse({ client }) {
  const call = client.FullDuplexCall();
  const stream = follow(call);
  const first = stream.next();
  call.write(pingRequest(27182, 31415));
  assert.equal((await first).payload.body.length, 31415);
  call.cancel();
  ended(await stream.ended, grpc.status.CANCELLED);
}

async function timeoutOnSleepingServer({ client }) {
  const call = client.FullDuplexCall(new grpc.Metadata(), { deadline: Date.now() + 1 });
  const stream = follow(call);
  call.write({ payload: zeros(27182) });
  ended(await stream.ended, grpc.status.DEADLINE_EXCEEDED);
}

exports.all = {
  empty_unary: emptyUnary,
  large_unary: largeUnary,
  client_streaming: clientStreaming,
  server_streaming: serverStreaming,
  ping_pong: pingPong,
  empty_stream: emptyStream,
  client_compressed_unary: clientCompressedUnary,
  server_compressed_unary: serverCompressedUnary,
  client_compressed_streaming: clientCompressedStreaming,
  server_compressed_streaming: serverCompressedStreaming,
  custom_metadata: customMetadata,
  status_code_and_message: statusCodeAndMessage,
  special_status_message: specialStatusMessage,
  unimplemented_method: unimplementedMethod,
  unimplemented_service: unimplementedService,
  cancel_after_begin: cancelAfterBegin,
  cancel_after_first_response: cancelAfterFirstResponse,
  timeout_on_sleeping_server: timeoutOnSleepingServer,
  duplicate_binary_metadata: duplicateBinaryMetadata,
};
