// A header block's fields: [name, value] pairs as they stood on the wire, in order.

/** Makes pairs of an object whose values are texts or lists of texts, or leaves pairs as they are. */
export function pairs(metadata = {}) {
  return Array.isArray(metadata) ? metadata : Object.entries(metadata).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
}

/** Reads fields by name; names are compared as they are. */
export class Fields {
  constructor(list = []) {
    this.pairs = list;
  }

  /** All values of a name, in order. */
  all(name) {
    return this.pairs.filter(([own]) => own === name).map(([, value]) => value);
  }

  /** The values of a name, joined as RFC 9110 section 5.3 allows; undefined: there are none. */
  get(name) {
    const values = this.all(name);
    return values.length ? values.join(', ') : undefined;
  }

  has(name) {
    return this.pairs.some(([own]) => own === name);
  }
}
