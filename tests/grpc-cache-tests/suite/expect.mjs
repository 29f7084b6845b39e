// What a case demands, and the words for what it got instead.

/** A demand that was not met. */
export class Unmet extends Error {}

/** Fails with a text unless `condition` holds. */
export function demand(condition, text) {
  if (!condition) {
    throw new Unmet(text);
  }
}

/**
 * Holds fields against what is expected of them.
 * @param expected by name: a text (the only value), a list (these values in this order, joined by commas or not), { apart: [...] } (each a field of its own),
 *   a regular expression (of the joined value), null (absent), or a function of the values
 */
export function demandFields(where, fields, expected = {}) {
  for (const [name, wanted] of Object.entries(expected)) {
    const values = fields?.all(name) ?? [];
    const shown = values.length ? values.map((value) => JSON.stringify(value)).join(' and ') : 'absent';
    demand(matches(values, wanted), `${where} ${name} is ${shown}, not ${show(wanted)}`);
  }
}

function matches(values, wanted) {
  if (wanted === null) {
    return values.length === 0;
  }
  if (typeof wanted === 'function') {
    return wanted(values);
  }
  if (wanted instanceof RegExp) {
    return values.length > 0 && wanted.test(values.join(', '));
  }
  if (Array.isArray(wanted)) {
    return values.join(',').replaceAll(', ', ',') === wanted.join(',').replaceAll(', ', ',');
  }
  if (typeof wanted === 'object') {
    return values.length === wanted.apart.length && values.every((value, i) => value === wanted.apart[i]);
  }
  return values.length === 1 && values[0] === wanted;
}

function show(wanted) {
  if (wanted === null) {
    return 'absent';
  }
  if (typeof wanted === 'function') {
    return `what ${wanted.toString().replace(/\s+/g, ' ')} asks for`;
  }
  return wanted instanceof RegExp ? String(wanted) : JSON.stringify(wanted.apart ?? wanted);
}

/**
 * Holds an answer against what is expected of it.
 * @param expected by: the call at the origin that it is the answer of; reused: whether that was an earlier call's (of the case's origin as it stands, `calls` of them);
 *   status (default '0'), a text, a regular expression, or 'failed': any but OK; message: text or bytes; messages: how many; initial, trailers: fields;
 *   trailersOnly; whenReused: more of these, if the answer is an earlier call's
 */
export function demandAnswer(answer, expected, { isReused, name }) {
  const { status = '0', by, byNot, message, messages, initial, trailers, trailersOnly, whenReused } = expected;
  const got = answer.status;
  const grpcMessage = answer.trailers?.get('grpc-message');
  const detail = grpcMessage ? ` (${grpcMessage})` : '';
  if (status === 'failed') {
    demand(got !== '0', `${name} ended with OK`);
  } else if (status instanceof RegExp) {
    demand(status.test(got), `${name} ended with ${got}${detail}, not ${status}`);
  } else {
    demand(got === String(status), `${name} ended with ${got}${detail}, not ${status}`);
  }
  if (by !== undefined) {
    demand([by].flat().includes(answer.by), `${name} has the answer to the origin's call ${answer.by}, not ${[by].flat().join(' or ')}`);
  }
  if (byNot !== undefined) {
    demand(![byNot].flat().includes(answer.by), `${name} has the answer to the origin's call ${answer.by}`);
  }
  if (message !== undefined) {
    const bytes = Buffer.from(message);
    demand(answer.messages.length === 1 && bytes.equals(answer.messages[0].bytes), `${name} has ${answer.messages.length} messages, the first of ${answer.messages[0]?.bytes.length} bytes, not the one of ${bytes.length} bytes that was sent`);
  }
  if (messages !== undefined) {
    demand(answer.messages.length === messages, `${name} has ${answer.messages.length} messages, not ${messages}`);
  }
  if (trailersOnly !== undefined) {
    demand(answer.isTrailersOnly === trailersOnly, `${name} has ${answer.isTrailersOnly ? 'one header block' : 'headers and trailers'}`);
  }
  demandFields(`${name}: initial metadata`, answer.initial, initial);
  demandFields(`${name}: trailers'`, answer.trailers, trailers);
  if (/^answer \d+$/.test(answer.text ?? '') && answer.initial.has('x-answer')) {
    demand(answer.text === `answer ${answer.by}`, `${name} has the metadata of the origin's call ${answer.by}, and the message of ${answer.text}`);
  }
  if (whenReused && isReused) {
    demandAnswer(answer, { status: got, ...whenReused }, { isReused, name: `${name}, reused` });
  }
}
