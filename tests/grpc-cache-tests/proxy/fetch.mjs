// One call upstream, whose answer is collected as it comes, for one caller or for several.

import { errorCodes } from '../http2/connection.mjs';
import { Fields } from '../http2/fields.mjs';

const maxHeldBytes = 4 * 1024 * 1024 + 64 * 1024;
const maxTries = 3;

/** How HTTP statuses without a gRPC status read (gRPC, http-grpc-status-mapping). */
const byHttpStatus = { 400: '13', 401: '16', 403: '7', 404: '12', 429: '14', 502: '14', 503: '14', 504: '14' };

export class Fetch {
  events = []; // { type: 'initial' | 'data' | 'end', ... } for those who follow.
  answer = { initial: undefined, trailers: undefined, isTrailersOnly: false, body: Buffer.alloc(0), failure: undefined, notGrpc: false };
  #waiters = [];
  #chunks = [];
  #taken = 0;
  #came = 0;
  #granted = 0;

  /**
   * @param connect resolves to the upstream's Connection
   * @param fields the request's
   * @param body the request's, whole
   */
  constructor(connect, fields, body, { has }) {
    this.has = has;
    this.done = this.#run(connect, fields, body);
  }

  /** Event `index`, when it has come. */
  async event(index) {
    while (this.events.length <= index) {
      await new Promise((resolve) => this.#waiters.push(resolve));
    }
    return this.events[index];
  }

  /** The caller has taken so many bytes: more may come. */
  take(bytes) {
    this.#taken += bytes;
    this.#grant();
  }

  /** Nobody wants it any longer. */
  cancel() {
    this.isCancelled = true;
    if (!this.has('does-not-cancel')) {
      this.stream?.reset(errorCodes.cancel);
    }
  }

  async #run(connect, fields, body) {
    for (let tries = 1; ; tries++) {
      const isUnprocessed = await this.#try(connect, fields, body);
      const elsewhere = this.answer.initial?.get('location');
      if (elsewhere && this.has('follows-redirects')) {
        await this.#try(connect, fields.map(([name, value]) => [name, name === ':path' ? elsewhere : value]), body);
      }
      if (this.has('retries-unavailable') && this.answer.trailers?.get('grpc-status') === '14') {
        await this.#try(connect, fields, body);
      }
      const mayRetry = (isUnprocessed && !this.has('does-not-retry')) || (this.has('retries-anything') && this.answer.failure && !this.answer.initial);
      if (!mayRetry || tries === maxTries || this.isCancelled) {
        break;
      }
      this.answer.failure = undefined;
    }
    const { answer } = this;
    answer.body = Buffer.concat(this.#chunks);
    if (!answer.failure && !answer.isTrailersOnly && !answer.notGrpc && (answer.trailers?.get('grpc-status') ?? '') === '' && !this.has('missing-status-is-ok')) {
      answer.failure = { status: '2', text: 'upstream ended the call without a status' };
    }
    this.#add({ type: 'end' });
    return answer;
  }

  // Returns whether upstream did not look at the call.
  async #try(connect, fields, body) {
    const { answer } = this;
    let connection;
    try {
      connection = await connect();
    } catch {
      answer.failure = { status: '14', text: 'upstream is away' };
      return false;
    }
    const stream = (this.stream = connection.open(fields));
    stream.isAutomatic = false;
    stream.sendData(this.has('as-text') ? Buffer.from(body.toString('utf8')) : body, { end: true });
    for (;;) {
      const event = await stream.next();
      if (event.type === 'headers') {
        this.#headers(new Fields(event.fields), event.end);
      } else if (event.type === 'data') {
        if (this.has('cuts-answers') && this.#came > 128 * 1024) {
          stream.grant(event.bytes.length);
          continue;
        }
        this.#chunks.push(event.bytes);
        this.#came += event.bytes.length;
        this.#add({ type: 'data', bytes: event.bytes });
        this.#grant();
      } else {
        const isRefused = event.type === 'reset' && event.code === errorCodes.refusedStream;
        const status = event.isOwn || event.code === errorCodes.cancel ? '1' : event.type === 'lost' || isRefused ? '14' : '13';
        answer.failure = { status: this.has('resets-are-ok') ? '0' : status, text: 'upstream broke the call off', isReset: event.type === 'reset' };
        return isRefused && !answer.initial;
      }
      if (event.end) {
        return false;
      }
    }
  }

  #headers(fields, isEnd) {
    const { answer } = this;
    const http = fields.get(':status');
    if (http?.startsWith('1')) {
      return;
    }
    if (answer.initial) {
      answer.trailers = fields;
      if (this.has('invents-messages') && !this.#chunks.length) {
        this.#add({ type: 'data', bytes: Buffer.alloc(5) });
      }
      return;
    }
    if (http !== '200' || !fields.get('content-type')?.startsWith('application/grpc')) {
      answer.notGrpc = !this.has('takes-anything-for-grpc');
      answer.failure = answer.notGrpc ? { status: (http === '200' ? undefined : byHttpStatus[http]) ?? '2', text: `upstream answered HTTP ${http}` } : undefined;
    }
    answer.initial = fields;
    if (isEnd) {
      answer.isTrailersOnly = true;
      answer.trailers = fields;
    }
    this.#add({ type: 'initial' });
  }

  #grant() {
    // What is not taken is held here, up to a bound.
    if (this.#came - this.#taken < maxHeldBytes || this.has('buffers-without-bound')) {
      this.stream?.grant(this.#came - this.#granted);
      this.#granted = this.#came;
    }
  }

  #add(event) {
    this.events.push(event);
    this.#waiters.splice(0).forEach((resolve) => resolve());
  }
}
