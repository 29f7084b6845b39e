// What the proxy passes on of a call's metadata, and what of it may change an answer.

/** Names that say who calls (docs/caching.md, "What makes two calls the same"). */
export const credentials = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token'];

// Names that belong to the protocol, or are known never to choose an answer.
const inert = new Set([
  'content-type', 'te', 'user-agent', 'grpc-accept-encoding', 'accept-encoding', 'grpc-encoding', 'grpc-timeout', 'grpc-previous-rpc-attempts', 'cache-control', 'pragma', 'traceparent', 'tracestate',
  'baggage', 'grpc-trace-bin', 'grpc-tags-bin', 'b3', 'x-request-id', 'x-correlation-id', 'x-cloud-trace-context', 'x-amzn-trace-id', 'x-forwarded-host',
]);

// RFC 9113 section 8.2.2.
const connectionSpecific = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

// What belongs to one call, and is not said again of another.
const perCall = {
  'replays-date': ['date', 'server'],
  'replays-request-ids': ['x-request-id', 'x-correlation-id', 'traceparent'],
  'replays-statistics': ['grpc-server-stats-bin', 'grpc-trace-bin', 'grpc-tags-bin'],
  'replays-pushback': ['grpc-retry-pushback-ms'],
};

/** Whether a request must be refused (RFC 9113 section 8.2). */
export function isMalformed(request, { has }) {
  return request.pairs.some(([name, value]) => (has('limits-metadata') && value.length > 4096) || (!has('passes-upper-case') && /[A-Z]/.test(name)) || (!has('passes-control-characters') && /[\0\r\n]/.test(value)));
}

/** The request's fields as they go upstream. */
export function upstreamFields(request, { has, authority, timeout, isRevalidating }) {
  const pseudo = [
    [':method', has('changes-method') ? 'PUT' : 'POST'], [':scheme', 'http'],
    [':path', has('changes-path') ? request.get(':path').replace(/%7E/gi, '~').toLowerCase() : request.get(':path')], [':authority', authority],
  ];
  const fields = [];
  for (const [name, value] of request.pairs) {
    if (name[0] === ':' || name === 'grpc-timeout' || (name === 'content-length' && !has('passes-content-length')) || (isRevalidating && name === 'if-none-match')) {
      continue;
    }
    if (connectionSpecific.includes(name) && !has('passes-connection-fields')) {
      continue;
    }
    if (name === 'te') {
      if (!has('drops-te')) {
        fields.push(['te', has('passes-te') ? value : 'trailers']);
      }
      continue;
    }
    if (drops(name, value, has)) {
      continue;
    }
    fields.push([name, changed(name, value, has)]);
  }
  if (timeout !== undefined && !has('drops-timeout')) {
    fields.push(['grpc-timeout', formatTimeout(timeout, has)]);
  } else if (timeout === undefined && has('invents-timeout')) {
    fields.push(['grpc-timeout', '60S']);
  }
  if (!request.has('x-forwarded-host') && !has('hides-authority')) {
    fields.push(['x-forwarded-host', request.get(':authority') ?? '']);
  }
  return [...pseudo, ...repeats(fields, has, 'request')];
}

/** The response's fields, without pseudo-fields, as they go to the caller; `block`: 'initial' or 'trailers'. */
export function downstreamFields(response, { has, block = 'initial' }) {
  const fields = [];
  for (const [name, value] of response.pairs) {
    if (name[0] === ':' || (connectionSpecific.includes(name) && !has('passes-connection-fields')) || name === 'content-length') {
      continue;
    }
    if ((/[\0\r\n]/.test(value) && !has('passes-control-characters')) || (has('drops-response-metadata') && block === 'initial' && name.startsWith('x-custom')) || (has('drops-trailers') && block === 'trailers' && !name.startsWith('grpc-'))) {
      continue;
    }
    if ((has('drops-age') && name === 'age') || (has('drops-declaration') && name === 'cache-control') || (has('drops-cache-status') && name === 'cache-status') || (has('limits-metadata') && value.length > 4096)) {
      continue;
    }
    if ((has('drops-status-details') && name === 'grpc-status-details-bin') || (has('drops-etag') && name === 'etag') || (has('drops-coding') && name === 'grpc-encoding')
      || (has('drops-accept-encoding') && name === 'grpc-accept-encoding') || (has('drops-grpc-message') && name === 'grpc-message')) {
      continue;
    }
    let out = value;
    if (name === 'content-type' && has('changes-response-type')) {
      out = 'application/grpc';
    } else if (name === 'grpc-message' && has('decodes-grpc-message')) {
      out = decodeURIComponent(value.replace(/%(?![0-9A-F]{2})/g, '%25')).replace(/[^\x20-\x7e]/g, '?');
    } else if (name === 'grpc-status' && has('flattens-status') && value !== '0') {
      out = '2';
    } else if (name === 'grpc-status' && has('refuses-unknown-status') && Number(value) > 16) {
      out = '2';
    }
    fields.push([has('upper-case-names') ? name.replace(/^x-c/, 'X-C') : name, out]);
  }
  if (has('adds-connection-field') && block === 'initial') {
    fields.push(['connection', 'keep-alive']);
  }
  if (has('codes-content') && block === 'initial') {
    fields.push(['content-encoding', 'gzip']);
  }
  return repeats(has('limits-fields') ? fields.slice(0, 40) : fields, has, 'response');
}

/** What is kept of a response's fields with a stored answer. */
export function storedFields(response, { has }) {
  const own = Object.entries(perCall).flatMap(([broken, names]) => (has(broken) ? [] : names));
  return response.pairs.filter(([name]) => name !== 'age' && name !== 'cache-status' && !own.includes(name) && !(has('drops-stored-metadata') && name.startsWith('x-custom')));
}

/** Fields of the request that may change the answer, and are in no key. */
export function influences(request) {
  return request.pairs.filter(([name]) => name[0] !== ':' && !inert.has(name) && !credentials.includes(name) && !connectionSpecific.includes(name) && name !== 'content-length');
}

/** Seconds of a grpc-timeout; undefined: none; NaN: malformed. */
export function parseTimeout(request, { has }) {
  const text = request.get('grpc-timeout');
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text ?? '') ?? [];
  const seconds = { H: 3600, M: 60, S: 1, m: 1e-3, u: 1e-6, n: 1e-9 }[has('one-timeout-unit') && unit ? 'S' : unit];
  return text === undefined ? undefined : Number(digits) * seconds;
}

function formatTimeout(seconds, has) {
  return has('raises-timeout') ? '99S' : seconds < 90_000 ? `${Math.max(0, Math.floor(seconds * 1000))}m` : `${Math.floor(seconds)}S`;
}

function drops(name, value, has) {
  return (has('drops-request-metadata') && name.startsWith('x-custom')) || (has('drops-empty-values') && value === '') || (has('drops-user-agent') && name === 'user-agent')
    || (has('drops-credentials') && credentials.includes(name)) || (has('drops-conditions') && name === 'if-none-match') || (has('drops-request-coding') && name === 'grpc-encoding')
    || (has('drops-request-directives') && name === 'cache-control') || (has('drops-trace') && (name === 'traceparent' || name === 'grpc-trace-bin'));
}

function changed(name, value, has) {
  if (name === 'content-type' && has('changes-request-type')) {
    return 'application/grpc';
  }
  if (name === 'grpc-accept-encoding' && has('widens-accept-encoding')) {
    return 'identity,gzip,deflate';
  }
  if (has('pads-bin-values') && name.endsWith('-bin')) {
    return value + '='.repeat((4 - (value.length % 4)) % 4);
  }
  return has('squeezes-values') ? value.replace(/ {2,}/g, ' ').replaceAll('"', '') : value;
}

function repeats(fields, has, side) {
  const names = [...new Set(fields.map(([name]) => name))];
  const values = (name) => fields.filter(([own]) => own === name).map(([, value]) => value);
  if (has(`reverses-${side}-repeats`)) {
    return names.flatMap((name) => values(name).reverse().map((value) => [name, value]));
  }
  if (has(`joins-${side}-repeats`)) {
    return names.map((name) => [name, values(name).join(',')]);
  }
  return has(`drops-${side}-repeats`) ? names.map((name) => [name, values(name).at(-1)]) : fields;
}
