// All cases. A case is
//   { id, area, kind, rule, source, breaks, answers, calls }   data: calls are made one after the other, and held against what they say
//   { id, area, kind, rule, source, breaks, answers, run(t) }  a program over a Context, where order or time is the point
// kind: 'required' (the default): to break it is an error, also of a proxy that stores nothing; 'optimal': a cache that does not do it is less of one; 'check': the sources leave it
// open, or it is a convention of this project's. breaks: what breaks it, names in proxy/ that `check.mjs` tries; a + joins several that only do so together.

import collapsing from './collapsing.mjs';
import compression from './compression.mjs';
import deadlines from './deadlines.mjs';
import directives from './directives.mjs';
import errors from './errors.mjs';
import freshness from './freshness.mjs';
import hygiene from './hygiene.mjs';
import identity from './identity.mjs';
import keys from './keys.mjs';
import limits from './limits.mjs';
import negative from './negative.mjs';
import relay from './relay.mjs';
import revalidation from './revalidation.mjs';
import stale from './stale.mjs';
import trailers from './trailers.mjs';
import vary from './vary.mjs';

const areas = { relay, trailers, errors, deadlines, freshness, keys, identity, vary, hygiene, directives, negative, stale, revalidation, collapsing, compression, limits };

export const cases = Object.entries(areas).flatMap(([area, list]) => list.map((one) => ({ kind: 'required', area, ...one })));
