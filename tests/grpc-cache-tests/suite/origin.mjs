// The origin that the proxy under test has behind it: an HTTP/2 server that answers each case's calls as the case says.

import net from 'node:net';
import { Connection, errorCodes } from '../http2/connection.mjs';
import { Fields, pairs } from '../http2/fields.mjs';
import { frame, unframe } from '../http2/messages.mjs';

/** The server. A call belongs to the case whose name its method's begins with, up to the underscore. */
export class Origin {
  #scripts = new Map();
  #connections = new Set();
  #server;

  /** Listens; resolves to the port. */
  async listen(port = 0, host = '127.0.0.1') {
    this.#server = net.createServer((socket) => {
      const connection = new Connection(socket, { isServer: true, onStream: (stream) => this.#answer(stream) });
      this.#connections.add(connection);
      connection.ended.then(() => this.#connections.delete(connection));
    });
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, host, resolve));
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    this.#connections.forEach((connection) => connection.close());
  }

  /** Takes calls of methods that begin with `name` and an underscore. */
  add(name, script) {
    this.#scripts.set(name, script);
  }

  async #answer(stream) {
    const { fields } = await stream.next();
    const request = new Fields(fields);
    const name = /\/([A-Za-z0-9]+)_[^/]*$/.exec(request.get(':path') ?? '')?.[1];
    const exchange = new Exchange(stream, request);
    const script = this.#scripts.get(name);
    if (script) {
      await script.answer(exchange);
    } else {
      exchange.trailersOnly(12, { 'grpc-message': 'no case of this run has this method' });
    }
  }
}

/** What one case's origin says, and what came to it. */
export class Script {
  #waiters = [];

  /** @param answers what to say to the first call, the second, ...; the last one counts for all further ones: see Exchange.say, or functions of an Exchange. */
  constructor(answers) {
    this.answers = answers;
    this.calls = [];
    this.transcript = undefined; // Notes them.
  }

  async answer(exchange) {
    this.calls.push(exchange);
    exchange.number = this.calls.length;
    this.transcript?.came(exchange);
    this.#wake();
    const answer = this.answers[Math.min(exchange.number, this.answers.length) - 1] ?? {};
    try {
      await (typeof answer === 'function' ? answer(exchange) : exchange.say(answer));
    } catch (error) {
      exchange.fault = error;
      exchange.reset(errorCodes.internalError);
    }
  }

  /** Resolves when so many calls have come. */
  async arrived(count) {
    while (this.calls.length < count) {
      await new Promise((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake() {
    this.#waiters.splice(0).forEach((resolve) => resolve());
  }
}

/** One call at the origin. */
export class Exchange {
  #bytes = Buffer.alloc(0);
  #hasInitial = false;

  constructor(stream, request) {
    this.stream = stream;
    this.request = request; // Fields, pseudo-fields included.
    this.messages = []; // So far, { isCompressed, bytes }.
    this.bytes = 0; // Of the request's body, so far.
    this.requestEnded = false;
  }

  /** Reads on to the next message of the request: null when the request has ended. */
  async read() {
    const count = this.messages.length;
    while (this.messages.length === count && !this.requestEnded) {
      const event = await this.stream.next();
      if (event.type === 'data') {
        this.bytes += event.bytes.length;
        this.#bytes = Buffer.concat([this.#bytes, event.bytes]);
        const { messages, rest } = unframe(this.#bytes);
        this.messages.push(...messages);
        this.#bytes = rest;
      }
      if (event.end) {
        this.requestEnded = true;
        this.end = event;
      }
    }
    return this.messages[count] ?? null;
  }

  /** Reads the request to its end. */
  async readAll() {
    while (!this.requestEnded) {
      await this.read();
    }
    return this.messages;
  }

  /** Sends response headers; `x-answer` says which call of the case it was. */
  initial(metadata = {}, { contentType = 'application/grpc', http = '200', end = false, by = true } = {}) {
    this.#hasInitial = true;
    const type = contentType === null ? [] : [['content-type', contentType]];
    const answer = by ? [['x-answer', String(this.number)]] : [];
    this.stream.sendHeaders([[':status', http], ...type, ...answer, ...pairs(metadata)], { end });
  }

  /** Sends a message. */
  async send(message, options = {}) {
    if (!this.#hasInitial) {
      this.initial();
    }
    await this.stream.sendData(frame(message, options), options);
  }

  /** Sends trailers, and with them the end. */
  finish(status = 0, trailers = {}) {
    this.stream.sendHeaders([['grpc-status', String(status)], ...pairs(trailers)], { end: true });
  }

  /** One header block that is the whole answer. */
  trailersOnly(status, metadata = {}, options = {}) {
    this.initial([['grpc-status', String(status)], ...pairs(metadata)], { ...options, end: true });
  }

  reset(code = errorCodes.internalError) {
    this.stream.reset(code);
  }

  /**
   * Reads the request to its end and says a whole answer.
   * @param answer cc: the value of cache-control; initial: metadata; message: text or bytes (default `answer N`), null for none; messages: several; isCompressed; length: what
   *   the prefix says; body: bytes in place of messages; status (default 0); trailers; trailersOnly; contentType; http; by: false: without x-answer; end: 'status' (default), 'data': END_STREAM without a
   *   status, or a code to reset with; until: a promise to wait for before saying anything
   */
  async say({ cc, initial, message, messages, body, isCompressed, length, status = 0, trailers, trailersOnly, contentType, http, by, end = 'status', until } = {}) {
    await this.readAll();
    await until;
    const metadata = [...(cc === undefined ? [] : pairs({ 'cache-control': cc })), ...pairs(initial)];
    if (trailersOnly) {
      this.trailersOnly(status, [...metadata, ...pairs(trailers)], { by });
      return;
    }
    this.initial(metadata, { contentType, http });
    const all = messages ?? (message === null ? [] : [message ?? `answer ${this.number}`]);
    const bytes = body ?? Buffer.concat(all.map((one) => frame(one, { isCompressed, length })));
    if (bytes.length || end === 'data') {
      await this.stream.sendData(bytes, { end: end === 'data' });
    }
    if (end === 'status') {
      this.finish(status, trailers);
    } else if (typeof end === 'number') {
      this.reset(end);
    }
  }
}
