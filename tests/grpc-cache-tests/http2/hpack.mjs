// Header compression (RFC 7541). The encoder writes every field as a literal that is never indexed, so that names, values and their order stand on the
// wire exactly as a case gave them, lawful or not; the decoder understands everything. Text is Latin-1: one character a byte.

// Appendix A.
const staticTable = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'], [':scheme', 'http'], [':scheme', 'https'],
  [':status', '200'], [':status', '204'], [':status', '206'], [':status', '304'], [':status', '400'], [':status', '404'], [':status', '500'],
  ['accept-charset', ''], ['accept-encoding', 'gzip, deflate'], ...[
    'accept-language', 'accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control', 'content-disposition',
    'content-encoding', 'content-language', 'content-length', 'content-location', 'content-range', 'content-type', 'cookie', 'date', 'etag', 'expect',
    'expires', 'from', 'host', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link', 'location',
    'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server', 'set-cookie',
    'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'].map((name) => [name, '']),
];

// Appendix B: bits of each symbol's code, 0 to 255 and the end of the string. The code is canonical, so that lengths are all of it.
const huffmanBits = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

const huffmanTree = buildTree();

/** Encodes fields, [name, value] pairs in order. */
export function encode(fields) {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x10]), text(name), text(value)]));
}

/** Decodes the header blocks of one direction of one connection, in their order. */
export class Decoder {
  #entries = [];
  #size = 0;
  #limit = 4096;

  /** The fields of a block, [name, value] pairs in order. Throws an Error on a malformed block. */
  decode(block) {
    const reader = { block, at: 0 };
    const fields = [];
    while (reader.at < block.length) {
      const first = block[reader.at];
      if (first & 0x80) {
        fields.push(this.#entry(integer(reader, 7)));
      } else if (first & 0x40) {
        const field = this.#literal(reader, 6);
        this.#add(field);
        fields.push(field);
      } else if (first & 0x20) {
        this.#limit = integer(reader, 5);
        this.#evict();
      } else {
        fields.push(this.#literal(reader, 4));
      }
    }
    return fields;
  }

  #literal(reader, bits) {
    const index = integer(reader, bits);
    return [index ? this.#entry(index)[0] : string(reader), string(reader)];
  }

  #entry(index) {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.#entries[index - staticTable.length - 1];
    if (!entry) {
      throw new Error(`no entry ${index} in the header table`);
    }
    return entry;
  }

  #add(field) {
    this.#entries.unshift(field);
    this.#size += size(field);
    this.#evict();
  }

  #evict() {
    while (this.#size > this.#limit) {
      this.#size -= size(this.#entries.pop());
    }
  }
}

// Section 4.1.
function size([name, value]) {
  return name.length + value.length + 32;
}

function text(value) {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([length(bytes.length), bytes]);
}

// Section 5.1, with a prefix of 7 bits.
function length(value) {
  if (value < 127) {
    return Buffer.from([value]);
  }
  const bytes = [127];
  for (value -= 127; value >= 128; value = Math.floor(value / 128)) {
    bytes.push((value % 128) + 128);
  }
  return Buffer.from([...bytes, value]);
}

function integer(reader, bits) {
  const mask = (1 << bits) - 1;
  let value = reader.block[reader.at++] & mask;
  if (value === mask) {
    for (let factor = 1, byte = 128; byte & 128; factor *= 128) {
      byte = reader.block[reader.at++] ?? 0;
      value += (byte & 127) * factor;
    }
  }
  return value;
}

function string(reader) {
  const isHuffman = reader.block[reader.at] & 0x80;
  const count = integer(reader, 7);
  const bytes = reader.block.subarray(reader.at, (reader.at += count));
  return isHuffman ? huffman(bytes) : bytes.toString('latin1');
}

function huffman(bytes) {
  let decoded = '';
  let node = huffmanTree;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      node = node[(byte >> bit) & 1];
      if (typeof node === 'number') {
        decoded += String.fromCharCode(node);
        node = huffmanTree;
      }
    }
  }
  return decoded;
}

function buildTree() {
  const root = [];
  const symbols = huffmanBits.map((bits, symbol) => ({ bits, symbol })).sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  let code = 0;
  let bits = symbols[0].bits;
  for (const { bits: own, symbol } of symbols) {
    code *= 2 ** (own - bits);
    bits = own;
    let node = root;
    for (let bit = own - 1; bit > 0; bit--) {
      node = node[(code >> bit) & 1] ??= [];
    }
    node[code & 1] = symbol;
    code++;
  }
  return root;
}
