'use strict';
// The compressed flags of messages, read off the bytes: grpc-js shows them nowhere. The http2 module that grpc-js uses is
// wrapped, so what is looked at is what really goes over the wire. Require this before @grpc/grpc-js.
const http2 = require('node:http2');

const HEADER_SIZE = 5;

/** Collects the flags of one direction of one stream, in order. */
class FlagLog {
  constructor() {
    this.flags = [];
    this.header = [];
    this.bodyBytesLeft = 0;
  }

  feed(chunk) {
    for (let at = 0; at < chunk.length; ) {
      if (this.bodyBytesLeft > 0) {
        const skipped = Math.min(this.bodyBytesLeft, chunk.length - at);
        this.bodyBytesLeft -= skipped;
        at += skipped;
        continue;
      }
      this.header.push(chunk[at++]);
      if (this.header.length === HEADER_SIZE) {
        this.flags.push(this.header[0] === 1);
        this.bodyBytesLeft = Buffer.from(this.header).readUInt32BE(1);
        this.header = [];
      }
    }
  }
}

/** The flags of the latest response that this process received as a client. */
exports.lastResponse = new FlagLog();

const connect = http2.connect;
http2.connect = (...connectArguments) => {
  const session = connect(...connectArguments);
  const request = session.request.bind(session);
  session.request = (...requestArguments) => {
    const stream = request(...requestArguments);
    const log = new FlagLog();
    exports.lastResponse = log;
    stream.on('data', (chunk) => log.feed(chunk));
    return stream;
  };
  return session;
};

const STREAM_ID_HEADER = 'x-interop-stream';
const requestLogs = new Map();
let streams = 0;

/** The flags of the request of a call that this process serves. */
exports.requestOf = (call) => requestLogs.get(call.metadata.get(STREAM_ID_HEADER)[0]).flags;

const createServer = http2.createServer;
http2.createServer = (...serverArguments) => {
  const server = createServer(...serverArguments);
  server.prependListener('stream', (stream, headers) => {
    // The headers are the ones that grpc-js turns into the call's metadata: a number in them leads from there to the log.
    const id = String(++streams);
    const log = new FlagLog();
    headers[STREAM_ID_HEADER] = id;
    requestLogs.set(id, log);
    stream.on('data', (chunk) => log.feed(chunk));
    stream.on('close', () => requestLogs.delete(id));
  });
  return server;
};
