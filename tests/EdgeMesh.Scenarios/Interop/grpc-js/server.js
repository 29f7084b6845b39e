'use strict';
// Serves grpc.testing.TestService with grpc-js until its standard input ends. It cannot compress answers: grpc-js has no
// means for that on the server side.
const messageFlags = require('./message-flags.js');
const flags = require('./flags.js');
const protos = require('./protos.js');
const grpc = require('@grpc/grpc-js');

const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';

const payload = (size) => ({ body: Buffer.alloc(size) });

/** Sends the initial metadata that is to be echoed, and returns the trailing one. */
function echo(call) {
  const headers = new grpc.Metadata();
  for (const value of call.metadata.get(INITIAL)) headers.add(INITIAL, value);
  call.sendMetadata(headers);
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get(TRAILING)) trailers.add(TRAILING, value);
  return trailers;
}

/** What is wrong with the flag of a message, or undefined. */
function compressionError(expected, isCompressed) {
  if (expected && expected.value !== isCompressed) {
    return { code: grpc.status.INVALID_ARGUMENT, details: `expect_compressed: ${expected.value}, but the flag is ${isCompressed}` };
  }
}

const wantedError = (status) => (status?.code ? { code: status.code, details: status.message } : undefined);

function unaryCall(call, callback) {
  const { request } = call;
  const trailers = echo(call);
  const error = compressionError(request.expect_compressed, messageFlags.requestOf(call)[0]) ?? wantedError(request.response_status);
  if (error) callback({ ...error, metadata: trailers });
  else callback(null, { payload: payload(request.response_size) }, trailers);
}

function streamingInputCall(call, callback) {
  const trailers = echo(call);
  const requestFlags = messageFlags.requestOf(call);
  let total = 0;
  let count = 0;
  let error;
  call.on('data', (request) => {
    error ??= compressionError(request.expect_compressed, requestFlags[count++]);
    total += request.payload.body.length;
  });
  call.on('end', () => callback(error ? { ...error, metadata: trailers } : null, { aggregated_payload_size: total }, trailers));
}

const pause = (microseconds) => new Promise((resolve) => setTimeout(resolve, microseconds / 1000));

async function answer(call, request) {
  for (const parameters of request.response_parameters) {
    if (parameters.interval_us) await pause(parameters.interval_us);
    call.write({ payload: payload(parameters.size) });
  }
}

async function streamingOutputCall(call) {
  const trailers = echo(call);
  await answer(call, call.request);
  call.end(trailers);
}

function duplexCall(call) {
  const trailers = echo(call);
  let answers = Promise.resolve();
  call.on('data', (request) => {
    const error = wantedError(request.response_status);
    answers = error ? answers.then(() => call.emit('error', { ...error, metadata: trailers })) : answers.then(() => answer(call, request));
  });
  call.on('end', () => answers.then(() => call.end(trailers)));
}

const options = flags.parse(['port', 'protos']);
const server = new grpc.Server();
server.addService(protos.load(options.protos).TestService.service, {
  EmptyCall: (call, callback) => callback(null, {}),
  UnaryCall: unaryCall,
  CacheableUnaryCall: unaryCall,
  StreamingOutputCall: streamingOutputCall,
  StreamingInputCall: streamingInputCall,
  FullDuplexCall: duplexCall,
  HalfDuplexCall: duplexCall,
});
server.bindAsync(`127.0.0.1:${options.port}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${port}`);
});
process.stdin.resume().on('end', () => process.exit(0));
