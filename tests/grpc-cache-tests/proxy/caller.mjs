// The side of a call that faces its caller: what is said to it, how long it may take, whether it is still there.

import { errorCodes } from '../http2/connection.mjs';
import { downstreamFields } from './metadata.mjs';

export class Caller {
  hasBegun = false;
  hasEnded = false;

  /** @param timeout seconds, undefined: none */
  constructor(stream, request, { has, timeout }) {
    this.stream = stream;
    this.request = request;
    this.has = has;
    this.timeout = timeout;
    this.start = Date.now();
    stream.isAutomatic = false;
    this.left = new Promise((resolve) => {
      stream.resetEvent().then(() => resolve('cancelled'));
      if (timeout !== undefined && !has('no-deadlines')) {
        this.timer = setTimeout(() => resolve('late'), timeout * 1000);
      }
    });
  }

  /** Seconds of the caller's time that are left; undefined: no end was set. */
  get remaining() {
    return this.timeout === undefined ? undefined : Math.max(0, this.timeout - (Date.now() - this.start) / 1000);
  }

  /** Response headers. */
  initial(response, more = []) {
    this.hasBegun = true;
    if (this.has('splits-trailers-only') && response.has('grpc-status')) {
      const of = (isStatus) => response.pairs.filter(([name]) => name[0] !== ':' && name.startsWith('grpc-') === isStatus);
      this.stream.sendHeaders([[':status', '200'], ...of(false), ...more]);
      this.finish([...of(true)]);
      return;
    }
    const isEnd = response.has('grpc-status') && !this.has('status-does-not-end');
    this.hasEnded = isEnd;
    this.stream.sendHeaders([[':status', '200'], ...downstreamFields(response, { has: this.has }), ...more], { end: isEnd });
    this.#settle(isEnd);
  }

  /** Bytes of messages. */
  async data(bytes) {
    await this.stream.sendData(this.has('responses-as-text') ? Buffer.from(bytes.toString('utf8')) : bytes);
  }

  /** Trailers as they are, and the end. */
  finish(trailers) {
    if (!this.hasEnded) {
      this.hasEnded = true;
      this.stream.sendHeaders(trailers, { end: true });
      this.#settle(true);
    }
  }

  /** A status of this proxy's own, as the whole answer if nothing has gone yet. */
  fail(status, text) {
    if (this.hasEnded) {
      return;
    }
    const fields = [['grpc-status', status], ['grpc-message', text]];
    if (this.hasBegun) {
      this.finish(fields);
    } else {
      this.hasBegun = true;
      this.hasEnded = true;
      this.stream.sendHeaders([[':status', '200'], ['content-type', 'application/grpc'], ...fields], { end: true });
      this.#settle(true);
    }
  }

  /** Ends the stream without a word. */
  reset(code = errorCodes.internalError) {
    this.hasEnded = true;
    this.stream.reset(code);
    this.#settle(true);
  }

  #settle(isEnd) {
    if (isEnd) {
      clearTimeout(this.timer);
    }
  }
}
