// Answers that depend on request metadata, declared or not.

const section = 'RFC 9111 section 4.1';
const unlisted = 'docs/caching.md, "Other metadata"';
const answers = [{ cc: 'public, max-age=60', initial: { vary: 'x-lang' } }];
const lang = (value) => ({ metadata: { 'x-lang': value } });

export default [
  { id: 'vary-same', kind: 'optimal', rule: 'An answer is used for a call with the same value of what vary names', source: section, breaks: ['never-stores'], answers, calls: [lang('en'), { ...lang('en'), by: 1 }] },
  { id: 'vary-different', rule: 'An answer is not used for a call with another value of what vary names', source: section, breaks: ['ignores-vary+uses-despite-metadata+stores-despite-metadata'], answers, calls: [lang('en'), { ...lang('de'), by: 2 }] },
  { id: 'vary-absent', rule: 'An answer to a call with the field is not used for one without it', source: section, breaks: ['vary-absent-matches'], answers, calls: [lang('en'), { by: 2 }] },
  { id: 'vary-present', rule: 'An answer to a call without the field is not used for one with it', source: section, breaks: ['ignores-vary+uses-despite-metadata'], answers, calls: [{}, { ...lang('en'), by: 2 }] },
  { id: 'vary-any', rule: 'An answer with vary: * is not used again', source: section, breaks: ['ignores-vary-any'], answers: [{ cc: 'max-age=60', initial: { vary: '*' } }], calls: [{}, { by: 2 }] },
  { id: 'vary-any-among-others', rule: '* among other names is still *', source: 'RFC 9110 section 12.5.5', breaks: ['reads-first-vary-name-only'], answers: [{ cc: 'max-age=60', initial: { vary: 'x-lang, *' } }], calls: [{}, { by: 2 }] },
  { id: 'vary-several', rule: 'Each of several names counts', source: section, breaks: ['reads-first-vary-name-only+uses-despite-metadata+stores-despite-metadata'], answers: [{ cc: 'max-age=60', initial: { vary: 'x-lang, x-unit' } }],
    calls: [{ metadata: { 'x-lang': 'en', 'x-unit': 'kg' } }, { metadata: { 'x-lang': 'en', 'x-unit': 'lb' }, by: 2 }] },
  { id: 'vary-fields', rule: 'Several vary fields are one list', source: 'RFC 9110 section 5.3', breaks: ['reads-first-vary-only+uses-despite-metadata+stores-despite-metadata'], answers: [{ cc: 'max-age=60', initial: { vary: ['x-lang', 'x-unit'] } }],
    calls: [{ metadata: { 'x-lang': 'en', 'x-unit': 'kg' } }, { metadata: { 'x-lang': 'en', 'x-unit': 'lb' }, by: 2 }] },
  { id: 'vary-case', rule: 'Names in vary are the same in any case', source: 'RFC 9110 section 5.1', breaks: ['vary-case-sensitive+uses-despite-metadata+stores-despite-metadata'], answers: [{ cc: 'max-age=60', initial: { vary: 'X-Lang' } }], calls: [lang('en'), { ...lang('de'), by: 2 }] },
  { id: 'vary-variants', kind: 'optimal', rule: 'Variants are kept side by side', source: section, breaks: ['keeps-one-variant'], answers, calls: [lang('en'), { ...lang('de'), by: 2 }, { ...lang('en'), by: 1 }] },
  { id: 'vary-order', rule: 'The order of repeated values counts', source: section, breaks: ['vary-ignores-order'], answers, calls: [lang(['en', 'de']), { ...lang(['de', 'en']), by: 2 }] },
  { id: 'vary-repeats', rule: 'All of repeated values count', source: section, breaks: ['vary-first-value-only'], answers, calls: [lang(['en', 'de']), { ...lang(['en', 'fr']), by: 2 }] },
  { id: 'vary-binary', rule: '-bin metadata can be what an answer depends on', source: section, breaks: ['vary-ignores-bin'], answers: [{ cc: 'max-age=60', initial: { vary: 'x-lang-bin' } }],
    calls: [{ metadata: { 'x-lang-bin': 'AQ' } }, { metadata: { 'x-lang-bin': 'Ag' }, by: 2 }] },
  { id: 'vary-credential', rule: 'vary: authorization keeps apart what public shares', source: section, breaks: ['vary-ignores-credentials'], answers: [{ cc: 'public, max-age=60', initial: { vary: 'authorization' } }],
    calls: [{ metadata: { authorization: 'Bearer a' } }, { metadata: { authorization: 'Bearer b' }, by: 2 }] },
  { id: 'vary-user-agent', rule: 'vary counts for names that otherwise change nothing', source: section, breaks: ['vary-ignores-inert'], answers: [{ cc: 'max-age=60', initial: { vary: 'traceparent' } }],
    calls: [{ metadata: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } }, { metadata: { traceparent: '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }, by: 2 }] },
  { id: 'vary-accept-encoding', rule: 'vary: grpc-accept-encoding keeps codings apart', source: section, breaks: ['vary-ignores-inert'], answers: [{ cc: 'max-age=60', initial: { vary: 'grpc-accept-encoding' } }],
    calls: [{ metadata: { 'grpc-accept-encoding': 'gzip' } }, { metadata: { 'grpc-accept-encoding': 'identity' }, by: 2 }] },
  { id: 'vary-kept', rule: 'A reused answer says what it depends on', source: 'RFC 9111 section 4.1, RFC 9110 section 12.5.5', breaks: ['drops-stored-vary'], answers, calls: [lang('en'), { ...lang('en'), expect: { whenReused: { initial: { vary: 'x-lang' } } } }] },
  { id: 'vary-changes', rule: 'What an answer depends on is its own: a later answer may depend on more', source: section, breaks: ['ignores-vary+uses-despite-metadata+stores-despite-metadata'],
    answers: [{ cc: 'max-age=1' }, { cc: 'max-age=60', initial: { vary: 'x-lang' } }], calls: [{}, { wait: 2.1, by: 2 }, { ...lang('de'), by: 3 }] },
  { id: 'vary-unlisted-used', rule: 'An answer is not used for a call with metadata that it does not list: the origin may have looked at it', source: unlisted, breaks: ['uses-despite-metadata'], answers: [{ cc: 'public, max-age=60' }], calls: [{}, { metadata: { 'x-tenant': 'a' }, by: 2 }] },
  { id: 'vary-unlisted-stored', rule: "An answer to a call with metadata that it does not list is not used for calls without: one caller's field does not decide what others get", source: unlisted, breaks: ['stores-despite-metadata+uses-despite-metadata'], answers: [{ cc: 'public, max-age=60' }], calls: [{ metadata: { 'x-tenant': 'a' } }, { by: 2 }] },
  { id: 'vary-unlisted-beside', rule: 'A listed field does not excuse an unlisted one', source: unlisted, breaks: ['stores-despite-metadata+uses-despite-metadata'], answers,
    calls: [{ metadata: { 'x-lang': 'en', 'x-tenant': 'a' } }, { metadata: { 'x-lang': 'en', 'x-tenant': 'b' }, by: 2 }] },
  { id: 'vary-in-trailers', kind: 'check', rule: 'vary: * in trailers forbids use, as all that restricts does there', source: 'docs/caching.md, "What an origin declares"', breaks: ['ignores-trailers-vary'], answers: [{ cc: 'max-age=60', trailers: { vary: '*' } }], calls: [{}, { by: 2 }] },
];
