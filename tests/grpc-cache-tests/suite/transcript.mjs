// What went over the wire in a run, for who wants to hold a proxy's own account of itself against it: a line of JSON for each case.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';

// Bytes of a body that are kept; of a longer one its length.
const keptBytes = 128 * 1024;

/** Notes the calls of one case as they begin; what they were is read at its end. */
export class Transcript {
  #client = [];
  #origin = [];

  /** A call that a client began: a ClientCall. */
  asked(call) {
    call.stream.sent = [];
    this.#client.push({ at: performance.now(), call });
  }

  /** A call that came to the origin: an Exchange. */
  came(exchange) {
    exchange.stream.sent = [];
    this.#origin.push({ at: performance.now(), exchange });
  }

  /**
   * What it was:
   *   client: [{ at: milliseconds; fields: of the request; body; ended: milliseconds, when its half was closed, or null;
   *              answer: { initial, trailers: fields or null; bytes, status, isWhole, until: milliseconds } }]
   *   origin: [{ at; number: of the case's calls; fields; initial, trailers; body; end: trailers | headers | data | reset | open }]
   * Fields are [name, value], a character for each byte; bodies { base64: of the first 128 KiB, bytes }.
   */
  toJSON() {
    return {
      client: this.#client.map(({ at, call: { request, stream, answer } }) => ({
        at, fields: request.pairs, body: body(stream.sent), ended: stream.sent.find(({ end }) => end)?.at ?? null,
        answer: { initial: answer.initial?.pairs ?? null, trailers: answer.isTrailersOnly ? null : (answer.trailers?.pairs ?? null), bytes: answer.frames.reduce((sum, bytes) => sum + bytes, 0), status: answer.status, isWhole: answer.isWhole, until: answer.at ?? null },
      })),
      origin: this.#origin.map(({ at, exchange: { number, request, stream } }) => ({ at, number, fields: request.pairs, ...said(stream) })),
    };
  }
}

/** Writes the transcripts of a run. */
export async function writeTranscripts(path, transcripts) {
  const file = createWriteStream(path);
  for (const { id, transcript } of transcripts) {
    if (!file.write(`${JSON.stringify({ case: id, ...transcript.toJSON() })}\n`)) {
      await once(file, 'drain');
    }
  }
  file.end();
  await once(file, 'close');
}

function said({ sent, resetBy }) {
  const blocks = sent.filter(({ fields }) => fields && !/^1/.test(fields.find(([name]) => name === ':status')?.[1] ?? ''));
  const last = sent.at(-1);
  const end = sent.some((one) => one.reset !== undefined) || resetBy ? 'reset' : !last?.end ? 'open' : last.bytes ? 'data' : blocks.length > 1 ? 'trailers' : 'headers';
  return { initial: blocks[0]?.fields ?? null, trailers: blocks[1]?.fields ?? null, body: body(sent), end };
}

function body(sent) {
  const parts = sent.filter(({ bytes }) => bytes).map(({ bytes }) => bytes);
  const all = parts.reduce((sum, { length }) => sum + length, 0);
  const kept = [];
  for (let left = keptBytes; left > 0 && kept.length < parts.length; left -= kept.at(-1).length) {
    kept.push(parts[kept.length].subarray(0, left));
  }
  return { base64: Buffer.concat(kept).toString('base64'), bytes: all };
}
