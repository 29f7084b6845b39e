// Streams: both directions at once, each byte as it comes, neither faster than the other side takes it.

import { errorCodes } from '../http2/connection.mjs';
import { Fields } from '../http2/fields.mjs';
import { downstreamFields } from './metadata.mjs';

/** @param body what came of the request already */
export async function relay(proxy, caller, body, { isWhole, fields }) {
  const { has } = proxy;
  let upstream;
  try {
    upstream = (await proxy.connect()).open(fields);
  } catch {
    caller.fail('14', 'upstream is away');
    return;
  }
  upstream.isAutomatic = false;
  caller.left.then((how) => {
    if (how === 'late') {
      caller.fail('4', 'the deadline passed');
    }
    if (!has('does-not-cancel')) {
      upstream.reset(errorCodes.cancel);
    }
  });
  const up = requests(proxy, caller, upstream, body, isWhole);
  await responses(proxy, caller, upstream, up);
}

async function requests({ has }, caller, upstream, body, isWhole) {
  const late = has('ends-requests-late');
  let came = body.length;
  if (has('one-message') && body.length > 5) {
    await upstream.sendData(body.subarray(0, 5 + body.readUInt32BE(1)), { end: true });
    return;
  }
  await upstream.sendData(body, { end: isWhole });
  while (!isWhole) {
    const event = await caller.stream.next();
    if (event.type !== 'data' && event.type !== 'headers') {
      if (!event.isOwn && !has('does-not-cancel')) {
        upstream.reset(errorCodes.cancel);
      }
      return;
    }
    isWhole = event.end;
    came += event.bytes?.length ?? 0;
    if (came > 4 << 20 && has('limits-messages')) {
      caller.fail('8', 'the message is too large');
      return;
    }
    const bytes = event.bytes ?? Buffer.alloc(0);
    if (isWhole && late) {
      await upstream.sendData(bytes);
      return;
    }
    const sending = upstream.sendData(has('as-text') ? Buffer.from(bytes.toString('utf8')) : bytes, { end: isWhole });
    if (!has('buffers-without-bound')) {
      await sending;
    }
    if (!isWhole) {
      caller.stream.grant(bytes.length);
    }
  }
}

async function responses({ has }, caller, upstream) {
  let isFirst = true;
  const held = [];
  for (;;) {
    const event = await upstream.next();
    if (event.type === 'headers') {
      const block = new Fields(event.fields);
      if (isFirst) {
        isFirst = false;
        if (has('initial-with-message') && !event.end) {
          held.push(block);
        } else {
          caller.initial(block);
        }
      } else {
        if (held.length) {
          caller.initial(held.pop());
        }
        caller.finish(block.has('grpc-status') || has('missing-status-is-ok') ? downstreamFields(block.has('grpc-status') ? block : new Fields([['grpc-status', '0']]), { has, block: 'trailers' }) : [['grpc-status', '2']]);
      }
      if (event.end) {
        // The answer is whole, whatever is left of the request (RFC 9113 section 8.1).
        if (!caller.stream.isEnded) {
          caller.stream.reset(errorCodes.noError);
        }
        return;
      }
    } else if (event.type === 'data') {
      if (held.length) {
        caller.initial(held.pop());
      }
      const sending = caller.data(event.bytes);
      if (!has('buffers-without-bound')) {
        await sending;
      }
      upstream.grant(event.bytes.length);
      if (event.end) {
        caller.fail('2', 'upstream ended the call without a status');
        return;
      }
    } else {
      if (!event.isOwn && !has('drops-resets')) {
        caller.fail(event.code === errorCodes.cancel ? '1' : event.type === 'lost' ? '14' : '13', 'upstream broke the call off');
      }
      return;
    }
  }
}
