// What an answer says about storing it (RFC 9111, RFC 5861, RFC 9213, as docs/caching.md narrows them).

const maxSeconds = 2 ** 31;

/** Directives of all values of a field: a Map of lower-case names to lists of arguments. */
export function directives(values, { has }) {
  const found = new Map();
  for (const value of has('reads-first-field-only') ? values.slice(0, 1) : values) {
    // RFC 9110 section 5.6: a list of token [ "=" ( token / quoted-string ) ].
    const list = has('splits-quoted-strings') ? value.split(',') : (value.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []);
    for (const one of has('reads-first-directive-only') ? list.slice(0, 1) : list) {
      const [, name, quoted, plain] = /^\s*([^=\s]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|(.*?)))?\s*$/s.exec(one) ?? [];
      if (name) {
        const key = has('directives-case-sensitive') ? name : name.toLowerCase();
        const argument = has('refuses-quoted-arguments') && quoted !== undefined ? 'quoted' : (quoted ?? plain);
        found.set(key, [...(found.get(key) ?? []), argument]);
      } else if (has('refuses-empty-elements') && !one.trim()) {
        return new Map();
      }
    }
  }
  return found;
}

/**
 * Reads response headers.
 * @returns { refusal } or { lifetime, age, staleWhileRevalidate, staleIfError (seconds), isPublic, vary }
 */
export function readRules(initial, { has, now, isTrailersOnly }) {
  // 1. What forbids, wherever it stands.
  const general = directives(initial.all('cache-control'), { has });
  const targeted = has('ignores-targeted') ? new Map() : directives(initial.all('cdn-cache-control'), { has });
  const forbidding = [['no-store', 'ignores-no-store'], ['private', 'ignores-private'], ['no-cache', 'ignores-no-cache']];
  for (const [name, broken] of forbidding) {
    for (const field of [general, targeted]) {
      const ignored = has(broken) || (has(`${broken}-with-argument`) && field.get(name)?.some((argument) => argument !== undefined))
        || (has('targeted-cannot-forbid') && field === targeted) || (has('general-cannot-forbid') && field === general && targeted.size > 0);
      if (field.has(name) && !ignored) {
        return { refusal: 'forbidden' };
      }
    }
  }
  if (initial.has('set-cookie') && !has('stores-set-cookie')) {
    return { refusal: 'set-cookie' };
  }

  // 2. What permits: the targeted field, if it says anything.
  const permits = targeted.size > 0 || (has('empty-targeted-counts') && initial.has('cdn-cache-control')) ? targeted : general;
  const seconds = (name) => {
    const found = permits.get(name);
    return found && (has('last-lifetime-counts') ? number(found.at(-1), has) : Math.min(...found.map((argument) => number(argument, has))));
  };
  const shared = has('ignores-s-maxage') ? undefined : seconds('s-maxage');
  let lifetime = shared ?? seconds('max-age');
  if (lifetime === undefined && initial.has('expires') && !has('ignores-expires')) {
    lifetime = (Date.parse(initial.get('expires')) - (Date.parse(initial.get('date') ?? '') || now)) / 1000 || 0;
  }
  lifetime ??= has('heuristic-lifetime') && initial.has('last-modified') ? 60 : has('public-is-a-lifetime') && permits.has('public') ? 60 : has('stores-undeclared') ? 60 : undefined;
  lifetime ??= has('window-is-a-lifetime') && permits.has('stale-while-revalidate') ? 1 : undefined;
  if (lifetime === undefined) {
    return { refusal: 'not-declared' };
  }

  // 3. Its age (RFC 9111 section 4.2.3).
  const ages = initial.all('age').flatMap((value) => value.split(',')).map((value) => (/^\s*\d+\s*$/.test(value) ? Number(value) : 0));
  if (has('bad-age-is-endless') && /[a-z]/.test(initial.get('age') ?? '')) {
    lifetime = 3600;
  }
  const date = has('ignores-date') ? NaN : Date.parse(initial.get('date') ?? '');
  const age = Math.max(0, has('ignores-age') ? 0 : Math.max(0, ...ages), Number.isNaN(date) ? 0 : (now - date) / 1000 - 1);
  const isStale = lifetime - age <= 0;
  const neverStale = [general, targeted].some((field) => (field.has('must-revalidate') && !has('ignores-must-revalidate')) || (field.has('proxy-revalidate') && !has('ignores-proxy-revalidate')))
    || (shared !== undefined && !has('s-maxage-may-be-stale'));
  const window = (name) => (neverStale ? 0 : (has(`no-${name}`) ? 0 : (seconds(name) ?? (has(`${name}-undeclared`) ? 60 : 0))));
  const staleWhileRevalidate = window('stale-while-revalidate');
  if (isStale && !has('stores-stale')) {
    return { refusal: 'stale-on-arrival' };
  }

  // 4. What it depends on.
  const vary = has('ignores-vary') ? [] : initial.all('vary').slice(0, has('reads-first-vary-only') ? 1 : undefined).flatMap((value) => value.split(',')).map((name) => name.trim())
    .map((name) => (has('vary-case-sensitive') ? name : name.toLowerCase())).filter(Boolean).slice(0, has('reads-first-vary-name-only') ? 1 : undefined);
  if (vary.includes('*') && !has('ignores-vary-any')) {
    return { refusal: 'vary-any' };
  }
  const coding = initial.get('grpc-encoding') ?? 'identity';
  if (!['identity', 'gzip'].includes(coding) && !has('stores-unknown-codings')) {
    return { refusal: 'unknown-coding' };
  }
  const isPublic = permits.has('public') || (has('general-public-counts') && general.has('public')) || (has('s-maxage-is-public') && shared !== undefined)
    || (has('must-revalidate-is-public') && permits.has('must-revalidate')) || (has('public-anywhere-in-text') && initial.get('cache-control')?.includes('public'));
  return {
    lifetime: lifetime - age, age, staleWhileRevalidate, staleIfError: window('stale-if-error'), isPublic: isPublic && !has('nothing-is-public'), vary, coding,
    mustNotTransform: permits.has('no-transform') && !has('ignores-no-transform'), isNegative: isTrailersOnly,
  };
}

/** Whether trailers take back what the headers allowed: only restrictions count there. */
export function trailersForbid(trailers, { has }) {
  const found = [...directives(trailers.all('cache-control'), { has }).keys(), ...directives(trailers.all('cdn-cache-control'), { has }).keys()];
  if (trailers.all('vary').some((value) => value.includes('*')) && !has('ignores-trailers-vary')) {
    return true;
  }
  return (['no-store', 'private', 'no-cache'].some((name) => found.includes(name)) && !has('ignores-trailers-restrictions')) || (trailers.has('set-cookie') && !has('stores-trailers-set-cookie'));
}

// RFC 9111 section 1.2.2; what is no number counts as 0 (section 4.2.1).
function number(argument, has) {
  if (!/^\d+$/.test(argument ?? '')) {
    return has('bad-numbers-are-large') ? 60 : 0;
  }
  const value = Number(argument);
  return has('overflows') && value >= maxSeconds ? 0 : Math.min(value, maxSeconds);
}
