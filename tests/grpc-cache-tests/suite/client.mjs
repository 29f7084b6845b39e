// A gRPC client that shows all that comes: which header block a field stood in, whether the answer was Trailers-Only, how a stream ended.

import net from 'node:net';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { Connection, errorCodes } from '../http2/connection.mjs';
import { Fields, pairs } from '../http2/fields.mjs';
import { frame, unframe } from '../http2/messages.mjs';

/** Where a proxy listens. */
export class Target {
  /** @param address `host:port`, or a URL: http (the default) is cleartext HTTP/2, https is TLS. `ca`: a certificate in PEM; `insecure`: any certificate will do */
  constructor(address, { ca, insecure = false } = {}) {
    const url = new URL(address.includes('://') ? address : `http://${address}`);
    if (!['http:', 'https:'].includes(url.protocol)) {
      throw new Error(`the proxy's address must be HOST:PORT, http://HOST:PORT or https://HOST:PORT, not ${address}`);
    }
    this.isTls = url.protocol === 'https:';
    this.host = url.hostname.replace(/^\[|\]$/g, '');
    this.port = Number(url.port || (this.isTls ? 443 : 80));
    this.authority = url.host;
    this.tls = { ca, rejectUnauthorized: !insecure };
  }

  /** Connects: a Connection. Rejects when there is none to be had. */
  async connect(options) {
    const socket = this.isTls
      ? tls.connect({ host: this.host, port: this.port, servername: net.isIP(this.host) ? undefined : this.host, ALPNProtocols: ['h2'], ...this.tls })
      : net.connect(this.port, this.host);
    await new Promise((resolve, reject) => socket.once('error', reject).once(this.isTls ? 'secureConnect' : 'connect', resolve));
    const connection = new Connection(socket, options);
    await connection.isReady;
    return connection;
  }
}

/** A call in progress. */
export class ClientCall {
  #bytes = Buffer.alloc(0);

  /**
   * Opens a call.
   * @param request path; authority; metadata; contentType; timeout: the value of grpc-timeout; fields: all header fields, in place of everything that has a default; splitAt
   */
  constructor(connection, scheme, { path, authority, metadata, contentType = 'application/grpc', timeout, fields, splitAt }) {
    const all = fields ?? [
      [':method', 'POST'], [':scheme', scheme], [':path', path], [':authority', authority],
      ['te', 'trailers'], ...(timeout === undefined ? [] : [['grpc-timeout', timeout]]), ['content-type', contentType], ['user-agent', 'grpc-cache-tests'], ...pairs(metadata),
    ];
    this.request = new Fields(all);
    this.stream = connection.open(all, { splitAt });
    this.answer = new Answer();
  }

  /** Sends a message. */
  async send(message, options = {}) {
    await this.stream.sendData(frame(message, options), options);
  }

  /** Ends the request. */
  async end() {
    await this.stream.sendData(Buffer.alloc(0), { end: true });
  }

  /** Gives the call up. */
  cancel() {
    this.stream.reset(errorCodes.cancel);
  }

  /** Reads one event: the answer as it is now. */
  async read() {
    const event = await this.stream.next();
    const answer = this.answer;
    switch (event.type) {
      case 'headers': {
        const fields = new Fields(event.fields);
        if (!answer.initial && !event.end) {
          answer.initial = fields.get(':status')?.startsWith('1') ? undefined : fields;
        } else {
          answer.isTrailersOnly = !answer.initial;
          answer.initial ??= fields;
          answer.trailers = fields;
        }
        break;
      }
      case 'data': {
        answer.frames.push(event.bytes.length);
        this.#bytes = Buffer.concat([this.#bytes, event.bytes]);
        const { messages, rest } = unframe(this.#bytes);
        answer.messages.push(...messages);
        this.#bytes = rest;
        answer.rest = rest;
        break;
      }
      case 'reset':
        answer.reset = event.code;
        break;
      case 'lost':
        answer.isLost = true;
        break;
    }
    answer.at = performance.now();
    answer.isWhole ||= event.end;
    return answer;
  }

  /** Reads until response headers are there. */
  async headers() {
    while (!this.answer.initial && !this.answer.isWhole) {
      await this.read();
    }
    return this.answer;
  }

  /** Reads until there are so many messages, or the end. */
  async message(count) {
    while (this.answer.messages.length < count && !this.answer.isWhole) {
      await this.read();
    }
    return this.answer.messages[count - 1]?.bytes.toString('latin1');
  }

  /** Reads to the end. */
  async whole() {
    while (!this.answer.isWhole) {
      await this.read();
    }
    return this.answer;
  }
}

/** What came back. */
export class Answer {
  initial; // Fields of the first header block.
  trailers; // Fields of the last one.
  isTrailersOnly = false; // The first was the last.
  messages = [];
  rest = Buffer.alloc(0); // Bytes after the last whole message.
  frames = []; // Sizes of DATA frames.
  reset; // The code that the stream was reset with.
  isLost = false; // The connection was lost.
  isWhole = false;
  at; // When something was last read of it, in milliseconds.

  /** The gRPC status that a client would show; a text that says how the call ended without one. */
  get status() {
    if (this.reset !== undefined && this.trailers === undefined) {
      return `reset ${this.reset}`;
    }
    if (this.isLost && this.trailers === undefined) {
      return 'connection lost';
    }
    if (this.initial?.get(':status') !== '200') {
      return `HTTP ${this.initial?.get(':status')}`;
    }
    return this.trailers?.get('grpc-status') ?? 'no status';
  }

  /** Which call at the origin this is the answer of; NaN: of none. */
  get by() {
    return Number(this.initial?.get('x-answer') ?? NaN);
  }

  /** The first message as text. */
  get text() {
    return this.messages[0]?.bytes.toString('latin1');
  }
}
