// Who may have whose answer.

const section = 'RFC 9111 section 3.5';
const identity = 'docs/caching.md, "Identity"';
const fresh = [{ cc: 'max-age=60' }];
const shared = [{ cc: 'public, max-age=60' }];
const as = (name, value, more = {}) => ({ metadata: { [name]: value }, ...more });

export default [
  { id: 'identity-authorization', rule: 'An answer to one authorization is not used for another', source: section, breaks: ['ignores-authorization'], answers: fresh, calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 2 })] },
  { id: 'identity-to-anonymous', rule: 'An answer to a call with credentials is not used for one without', source: section, breaks: ['ignores-identity'], answers: fresh, calls: [as('authorization', 'Bearer a'), { by: 2 }] },
  { id: 'identity-from-anonymous', rule: 'An answer to a call without credentials is not used for one with, unless it is public', source: identity, breaks: ['anonymous-is-shared'], answers: fresh, calls: [{}, as('authorization', 'Bearer a', { by: 2 })] },
  { id: 'identity-same', kind: 'optimal', rule: 'An answer is used again for the same credentials', source: identity, breaks: ['never-stores'], answers: fresh, calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer a', { by: 1 })] },
  { id: 'identity-public', kind: 'optimal', rule: 'A public answer is used for other credentials', source: 'RFC 9111 section 5.2.2.9', breaks: ['nothing-is-public'], answers: shared, calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 1 })] },
  { id: 'identity-public-anonymous', kind: 'optimal', rule: 'A public answer is used for callers without credentials', source: 'RFC 9111 section 5.2.2.9', breaks: ['nothing-is-public'], answers: shared, calls: [as('authorization', 'Bearer a'), { by: 1 }] },
  { id: 'identity-cookie', rule: 'A cookie is a credential', source: identity, breaks: ['ignores-cookie'], answers: fresh, calls: [as('cookie', 'session=a'), as('cookie', 'session=b', { by: 2 })] },
  { id: 'identity-proxy-authorization', rule: 'proxy-authorization is a credential', source: identity, breaks: ['ignores-proxy-authorization'], answers: fresh, calls: [as('proxy-authorization', 'Basic YTpi'), as('proxy-authorization', 'Basic YTpj', { by: 2 })] },
  {
    id: 'identity-api-keys', rule: 'The names that API keys and cloud tokens travel under are credentials', source: identity, breaks: ['knows-standard-credentials-only'], answers: fresh,
    calls: ['x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token'].flatMap((name, i) => [as(name, 'a', { message: name, by: 2 * i + 1 }), as(name, 'b', { message: name, by: 2 * i + 2 })]),
  },
  {
    id: 'identity-all-credentials', rule: 'All credentials of a call count, not one of them', source: identity, breaks: ['first-credential-only'], answers: fresh,
    calls: [{ metadata: { authorization: 'Bearer a', cookie: 'session=a' } }, { metadata: { authorization: 'Bearer a', cookie: 'session=b' }, by: 2 }],
  },
  {
    id: 'identity-names', rule: 'A credential is its value under its name', source: identity, breaks: ['credentials-without-names'], answers: fresh,
    calls: [{ metadata: { 'x-api-key': 'a', authorization: 'b' } }, { metadata: { 'x-api-key': 'b', authorization: 'a' }, by: 2 }],
  },
  {
    id: 'identity-boundaries', rule: 'Credentials do not run into one another', source: identity, breaks: ['joins-credentials'], answers: fresh,
    calls: [{ metadata: { authorization: 'ab', cookie: 'c' } }, { metadata: { authorization: 'a', cookie: 'bc' }, by: 2 }],
  },
  { id: 'identity-empty', kind: 'check', rule: 'An empty credential is one, not none', source: identity, breaks: ['empty-credential-is-none'], answers: fresh, calls: [{}, as('authorization', '', { by: 2 })] },
  { id: 'identity-private', rule: 'A private answer is not used again at all: a proxy is shared', source: 'RFC 9111 section 5.2.2.7', breaks: ['ignores-private'], answers: [{ cc: 'private, max-age=60' }], calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer a', { by: 2 })] },
  {
    id: 'identity-private-field', rule: 'A field named by private is not given to others', source: 'RFC 9111 section 5.2.2.7', breaks: ['ignores-private-with-argument'], answers: [{ cc: 'public, max-age=60, private="x-balance"', initial: { 'x-balance': '1' } }, { initial: { 'x-balance': '2' } }],
    calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { expect: { initial: { 'x-balance': ([value]) => value !== '1' } } })],
  },
  { id: 'identity-s-maxage', kind: 'check', rule: 's-maxage alone does not share an answer between credentials, though RFC 9111 would let it: nobody wrote it with that in mind', source: identity, breaks: ['s-maxage-is-public'], answers: [{ cc: 's-maxage=60' }], calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 2 })] },
  { id: 'identity-must-revalidate', kind: 'check', rule: 'must-revalidate alone does not share an answer between credentials, though RFC 9111 would let it', source: identity, breaks: ['must-revalidate-is-public'], answers: [{ cc: 'max-age=60, must-revalidate' }], calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 2 })] },
  { id: 'identity-public-whole', rule: 'public is a directive, not a text within others', source: 'RFC 9111 section 5.2', breaks: ['public-anywhere-in-text'], answers: [{ cc: 'max-age=60, x-public, note="public"' }], calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 2 })] },
  {
    id: 'identity-public-of-other-field', rule: 'public in cache-control is not said of a lifetime in cdn-cache-control', source: 'RFC 9213 section 2.2', breaks: ['general-public-counts'], answers: [{ cc: 'public', initial: { 'cdn-cache-control': 'max-age=60' } }],
    calls: [as('authorization', 'Bearer a'), as('authorization', 'Bearer b', { by: 2 })],
  },
  { id: 'identity-metadata', rule: 'Sharing by public takes away nothing of what other metadata keeps apart', source: 'docs/caching.md, "Other metadata"', breaks: ['uses-despite-metadata'], answers: shared, calls: [as('authorization', 'Bearer a'), { metadata: { authorization: 'Bearer b', 'x-tenant': 'b' }, by: 2 }] },
  {
    id: 'identity-cookie-jar', rule: 'A cookie that the origin sets is for its caller: the proxy does not send it with other calls', source: 'RFC 6265 section 7.1', breaks: ['keeps-cookies'], answers: [{ initial: { 'set-cookie': 'session=a' } }],
    calls: [{ metadata: { authorization: 'Bearer a' } }, { message: 'other', arrives: { cookie: null } }],
  },
  { id: 'identity-set-cookie', rule: 'An answer that sets a cookie is not used again', source: 'docs/caching.md, "What an origin declares"; RFC 9111 section 7.3', breaks: ['stores-set-cookie'], answers: [{ cc: 'public, max-age=60', initial: { 'set-cookie': 'session=a' } }], calls: [{}, { by: 2 }] },
  {
    id: 'identity-refused', rule: "One caller's refusal is not another's", source: section, breaks: ['stores-any-error+ignores-authorization'], answers: [{ trailersOnly: true, status: 16, cc: 'max-age=60' }, {}],
    calls: [as('authorization', 'Bearer bad', { expect: { status: '16' } }), as('authorization', 'Bearer good', { by: 2 })],
  },
];
