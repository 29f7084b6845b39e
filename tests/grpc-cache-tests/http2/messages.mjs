// gRPC's length-prefixed messages (PROTOCOL-HTTP2, "Length-Prefixed-Message").

const prefixBytes = 5;

/** A message with its prefix. */
export function frame(message, { isCompressed = false, length } = {}) {
  const bytes = Buffer.from(message);
  const prefix = Buffer.alloc(prefixBytes);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(length ?? bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** Takes bytes apart: { messages: [{ isCompressed, bytes }], rest } where rest is what is left of a message that is not whole. */
export function unframe(bytes) {
  const messages = [];
  let at = 0;
  while (bytes.length - at >= prefixBytes) {
    const length = bytes.readUInt32BE(at + 1);
    if (bytes.length - at - prefixBytes < length) {
      break;
    }
    messages.push({ isCompressed: bytes[at] === 1, bytes: bytes.subarray(at + prefixBytes, at + prefixBytes + length) });
    at += prefixBytes + length;
  }
  return { messages, rest: bytes.subarray(at) };
}
