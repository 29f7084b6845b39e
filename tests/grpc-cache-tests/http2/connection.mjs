// One side of an HTTP/2 connection (RFC 9113) as frames, for tests: it hides nothing of what the other side sends, and sends whatever it is told to, lawful or not.

import { performance } from 'node:perf_hooks';
import { Decoder, encode } from './hpack.mjs';

export const frameTypes = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, pushPromise: 5, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 };

/** Error codes (section 7). */
export const errorCodes = { noError: 0, protocolError: 1, internalError: 2, flowControlError: 3, streamClosed: 5, refusedStream: 7, cancel: 8, enhanceYourCalm: 11 };

const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 };
const settingIds = { initialWindowSize: 4, maxConcurrentStreams: 3, maxFrameSize: 5, enablePush: 2 };
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const headerBytes = 9;
const defaultWindow = 65_535;
const maxFrameBytes = 16_384;

// Bytes that a connection takes: only streams are held back.
const connectionWindow = 2 ** 30;

/** A connection. Its owner gives `onStream` (a server: each new stream, once its headers are there) and reads the streams. */
export class Connection {
  /**
   * @param socket a connected net.Socket
   * @param options isServer; initialWindow: bytes a stream may send before it is granted more; onStream(stream); has(name): whether to
   *   break the protocol in that way
   */
  constructor(socket, { isServer = false, initialWindow = 1 << 20, onStream, has = () => false } = {}) {
    this.has = has;
    this.socket = socket;
    this.isServer = isServer;
    this.initialWindow = initialWindow;
    this.onStream = onStream;
    this.streams = new Map();
    this.isClosed = false;
    this.goAway = undefined; // { lastStreamId, code } once the other side has sent it.
    this.largestFrame = 0; // Bytes of the largest DATA frame that came.
    this.maxConcurrentStreams = Infinity;
    this.lastPeerStream = 0;
    this.peerInitialWindow = defaultWindow;
    this.sendWindow = defaultWindow;
    this.pings = [];
    this.waiters = [];
    this.decoder = new Decoder();
    this.nextId = 1;
    this.rest = Buffer.alloc(0);
    this.hasPreface = !isServer;
    this.block = undefined; // The header block that CONTINUATION goes on.
    this.isReady = new Promise((resolve) => (this.setReady = resolve));
    this.ended = new Promise((resolve) => (this.setEnded = resolve));

    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', () => this.#lose());
    socket.on('close', () => this.#lose());
    socket.on('end', () => this.close());
    if (!isServer) {
      socket.write(preface);
    }
    const settings = [[settingIds.initialWindowSize, initialWindow], [settingIds.maxConcurrentStreams, 1000], ...(isServer ? [] : [[settingIds.enablePush, 0]])];
    this.#frame(frameTypes.settings, 0, 0, Buffer.concat(settings.map(([id, value]) => Buffer.from([0, id, ...uint32(value)]))));
    this.#frame(frameTypes.windowUpdate, 0, 0, uint32(connectionWindow - defaultWindow));
  }

  /** Opens a stream with a request's headers. */
  open(fields, options = {}) {
    const stream = new Stream(this, this.nextId);
    this.nextId += 2;
    this.streams.set(stream.id, stream);
    stream.sendHeaders(fields, options);
    return stream;
  }

  /** Resolves when the other side has read everything sent so far; rejects when the connection is lost. */
  ping() {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(new Error('the connection is closed'));
        return;
      }
      this.pings.push({ resolve, reject });
      this.#frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
    });
  }

  /** Says that streams above `lastStreamId` were not looked at, and that no more are taken. */
  sendGoAway(lastStreamId, code = errorCodes.noError) {
    this.#frame(frameTypes.goAway, 0, 0, Buffer.from([...uint32(lastStreamId), ...uint32(code)]));
  }

  /** Ends the connection at once. */
  close() {
    this.socket.destroy();
    this.#lose();
  }

  writeFrame(type, flag, id, payload) {
    this.#frame(type, flag, id, payload);
  }

  wake() {
    const waiting = this.waiters;
    this.waiters = [];
    waiting.forEach((resolve) => resolve());
  }

  #frame(type, flag, id, payload) {
    if (this.isClosed) {
      return;
    }
    const header = Buffer.alloc(headerBytes);
    header.writeUIntBE(payload.length, 0, 3);
    header[3] = type;
    header[4] = flag;
    header.writeUInt32BE(id, 5);
    this.socket.write(payload.length ? Buffer.concat([header, payload]) : header);
  }

  #receive(bytes) {
    this.rest = this.rest.length ? Buffer.concat([this.rest, bytes]) : bytes;
    if (!this.hasPreface) {
      if (this.rest.length < preface.length) {
        return;
      }
      this.hasPreface = true;
      this.rest = this.rest.subarray(preface.length);
    }
    while (this.rest.length >= headerBytes) {
      const length = this.rest.readUIntBE(0, 3);
      if (this.rest.length < headerBytes + length) {
        return;
      }
      const [type, flag, id] = [this.rest[3], this.rest[4], this.rest.readUInt32BE(5) & 0x7fffffff];
      const payload = this.rest.subarray(headerBytes, headerBytes + length);
      this.rest = this.rest.subarray(headerBytes + length);
      try {
        this.#handle(type, flag, id, payload);
      } catch {
        this.sendGoAway(this.lastPeerStream, errorCodes.protocolError);
        this.close();
        return;
      }
    }
  }

  #handle(type, flag, id, payload) {
    const stream = this.streams.get(id);
    switch (type) {
      case frameTypes.data: {
        this.largestFrame = Math.max(this.largestFrame, payload.length);
        if (payload.length) {
          this.#frame(frameTypes.windowUpdate, 0, 0, uint32(payload.length));
        }
        stream?.receive({ type: 'data', bytes: this.has('keeps-padding') ? payload : unpad(payload, flag), end: (flag & flags.endStream) !== 0 }, payload.length);
        break;
      }
      case frameTypes.headers: {
        let block = unpad(payload, flag);
        if (flag & flags.priority) {
          block = block.subarray(5);
        }
        this.block = { id, end: (flag & flags.endStream) !== 0, parts: [block] };
        this.#endBlock(flag);
        break;
      }
      case frameTypes.continuation:
        if (this.block) {
          this.block.parts.push(payload);
          this.#endBlock(flag);
        }
        break;
      case frameTypes.reset:
        stream?.receive({ type: 'reset', code: payload.readUInt32BE(0), end: true });
        break;
      case frameTypes.settings:
        if (!(flag & flags.ack)) {
          this.#applySettings(payload);
          this.#frame(frameTypes.settings, flags.ack, 0, Buffer.alloc(0));
          this.setReady();
        }
        break;
      case frameTypes.ping:
        if (flag & flags.ack) {
          this.pings.shift()?.resolve();
        } else if (!this.has('ignores-pings')) {
          this.#frame(frameTypes.ping, flags.ack, 0, payload);
        }
        break;
      case frameTypes.goAway:
        this.goAway = { lastStreamId: payload.readUInt32BE(0) & 0x7fffffff, code: payload.readUInt32BE(4) };
        for (const [open, one] of this.streams) {
          if ((open > this.goAway.lastStreamId && !this.isServer) || this.has('goaway-ends-calls')) {
            one.receive({ type: 'reset', code: errorCodes.refusedStream, end: true });
          }
        }
        break;
      case frameTypes.windowUpdate: {
        const more = payload.readUInt32BE(0) & 0x7fffffff;
        if (id === 0) {
          this.sendWindow += more;
        } else if (stream) {
          stream.sendWindow += more;
        }
        this.wake();
        break;
      }
      default:
        if (this.has('refuses-unknown-frames') && type > frameTypes.continuation) {
          throw new Error(`a frame of type ${type}`);
        }
    }
  }

  #endBlock(flag) {
    if (!(flag & flags.endHeaders) && !this.has('ignores-continuation')) {
      return;
    }
    const { id, end, parts } = this.block;
    this.block = undefined;
    const fields = this.decoder.decode(Buffer.concat(parts));
    let stream = this.streams.get(id);
    const isNew = !stream && this.isServer && id > this.lastPeerStream;
    if (isNew) {
      this.lastPeerStream = id;
      stream = new Stream(this, id);
      this.streams.set(id, stream);
    }
    stream?.receive({ type: 'headers', fields, end });
    if (isNew) {
      this.onStream?.(stream);
    }
  }

  #applySettings(payload) {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      switch (payload.readUInt16BE(at)) {
        case settingIds.initialWindowSize:
          for (const stream of this.streams.values()) {
            stream.sendWindow += value - this.peerInitialWindow;
          }
          this.peerInitialWindow = value;
          this.wake();
          break;
        case settingIds.maxConcurrentStreams:
          this.maxConcurrentStreams = value;
          break;
      }
    }
  }

  #lose() {
    if (this.isClosed) {
      return;
    }
    this.isClosed = true;
    this.setReady();
    this.setEnded();
    this.pings.splice(0).forEach(({ reject }) => reject(new Error('the connection was lost')));
    for (const stream of this.streams.values()) {
      stream.receive({ type: 'lost', end: true });
    }
    this.wake();
  }
}

/** A stream: what came is a queue of events, { type: 'headers' | 'data' | 'reset' | 'lost', end, ... }. */
export class Stream {
  constructor(connection, id) {
    this.connection = connection;
    this.id = id;
    this.events = [];
    this.readers = [];
    this.sendWindow = connection.peerInitialWindow;
    this.isAutomatic = true; // Whether what came is granted again at once.
    this.isEnded = false; // The other side has ended its half.
    this.isReset = false;
    this.hasSentEnd = false;
    this.sent = undefined; // A list gets what is sent from now on: { fields, end }, { bytes, end, at: milliseconds }, { reset }.
  }

  /** Resolves when there is an event to be read. */
  async ready() {
    while (this.events.length === 0 && !this.last) {
      await new Promise((resolve) => this.readers.push(resolve));
    }
  }

  /** The next event; after the last one, that one again. */
  async next() {
    await this.ready();
    if (this.events.length === 0) {
      return this.last;
    }
    const event = this.events.shift();
    if (event.end) {
      this.last = event;
    }
    return event;
  }

  /** Resolves when the other side reset the stream, or the connection was lost: with the event. */
  async resetEvent() {
    while (!this.resetBy) {
      await new Promise((resolve) => this.readers.push(resolve));
    }
    return this.resetBy;
  }

  receive(event, windowBytes = 0) {
    if (windowBytes && !event.end && this.isAutomatic) {
      this.grant(windowBytes);
    }
    if (event.type === 'reset' || event.type === 'lost') {
      this.resetBy ??= event;
      this.isReset = true;
      this.connection.wake();
    }
    this.isEnded ||= event.end;
    this.events.push(event);
    this.#wakeReaders();
    this.#forget();
  }

  /** Lets the other side send more. */
  grant(bytes) {
    if (bytes > 0 && !this.isEnded && !this.isReset) {
      this.connection.writeFrame(frameTypes.windowUpdate, 0, this.id, uint32(bytes));
    }
  }

  /**
   * Sends a header block.
   * @param fields [name, value] pairs, pseudo-fields first
   * @param options end: the half ends with it; splitAt: bytes of the first frame, the rest follows in CONTINUATION
   */
  sendHeaders(fields, { end = false, splitAt } = {}) {
    if (this.isReset) {
      return;
    }
    this.sent?.push({ fields, end });
    const block = encode(fields);
    const endFlag = end ? flags.endStream : 0;
    this.hasSentEnd ||= end;
    let at = Math.min(splitAt ?? maxFrameBytes, block.length);
    this.connection.writeFrame(frameTypes.headers, endFlag | (at === block.length ? flags.endHeaders : 0), this.id, block.subarray(0, at));
    while (at < block.length) {
      const to = Math.min(at + maxFrameBytes, block.length);
      this.connection.writeFrame(frameTypes.continuation, to === block.length ? flags.endHeaders : 0, this.id, block.subarray(at, to));
      at = to;
    }
    this.#forget();
  }

  /**
   * Sends data as the windows let it; resolves when all has gone, or the stream is reset.
   * @param options end; pad: bytes of padding of each frame; frameBytes: of each frame at most
   */
  async sendData(bytes, { end = false, pad = 0, frameBytes = this.connection.has('sends-large-frames') ? 1 << 20 : maxFrameBytes } = {}) {
    let at = 0;
    const window = () => (this.connection.has('ignores-windows') ? Infinity : Math.min(this.sendWindow, this.connection.sendWindow));
    do {
      while (!this.isReset && !this.connection.isClosed && bytes.length > at && window() < (pad ? pad + 2 : 1)) {
        await new Promise((resolve) => this.connection.waiters.push(resolve));
      }
      if (this.isReset || this.connection.isClosed) {
        return;
      }
      const room = bytes.length > at ? Math.min(window(), frameBytes) - (pad ? pad + 1 : 0) : 0;
      const part = bytes.subarray(at, at + Math.max(room, 0));
      at += part.length;
      const payload = pad ? Buffer.concat([Buffer.from([pad]), part, Buffer.alloc(pad)]) : part;
      this.sendWindow -= payload.length;
      this.connection.sendWindow -= payload.length;
      const isLast = end && at >= bytes.length;
      this.hasSentEnd ||= isLast;
      this.sent?.push({ bytes: part, end: isLast, at: performance.now() });
      this.connection.writeFrame(frameTypes.data, (isLast ? flags.endStream : 0) | (pad ? flags.padded : 0), this.id, payload);
      if (this.connection.socket.writableNeedDrain) {
        await new Promise((resolve) => {
          this.connection.socket.once('drain', resolve);
          this.connection.ended.then(resolve);
        });
      }
    } while (at < bytes.length);
    this.#forget();
  }

  /** Ends the stream for both sides. */
  reset(code) {
    if (!this.isReset) {
      this.isReset = true;
      this.sent?.push({ reset: code });
      this.connection.writeFrame(frameTypes.reset, 0, this.id, uint32(code));
      this.events.push({ type: 'reset', code, end: true, isOwn: true });
      this.#wakeReaders();
      this.#forget();
      this.connection.wake();
    }
  }

  #wakeReaders() {
    const readers = this.readers;
    this.readers = [];
    readers.forEach((resolve) => resolve());
  }

  #forget() {
    if (this.isReset || (this.isEnded && this.hasSentEnd)) {
      this.connection.streams.delete(this.id);
    }
  }
}

function unpad(payload, flag) {
  return flag & flags.padded ? payload.subarray(1, payload.length - payload[0]) : payload;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
