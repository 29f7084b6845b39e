// Answers that say that there is nothing: NOT_FOUND with a lifetime.

const negative = 'docs/caching.md, "What an origin declares" (NOT_FOUND)';
const nothing = (more = {}) => ({ trailersOnly: true, status: 5, cc: 'max-age=60', ...more });
const missing = { status: '5' };

export default [
  { id: 'negative-reused', kind: 'optimal', rule: 'NOT_FOUND as Trailers-Only with a lifetime is used again', source: negative, breaks: ['no-negative'], answers: [nothing()], calls: [{ expect: missing }, { by: 1, expect: missing }] },
  { id: 'negative-undeclared', rule: 'NOT_FOUND without a lifetime is not used again', source: negative, breaks: ['stores-undeclared'], answers: [nothing({ cc: undefined })], calls: [{ expect: missing }, { by: 2, expect: missing }] },
  { id: 'negative-no-store', rule: 'no-store holds for NOT_FOUND', source: 'RFC 9111 section 5.2.2.5', breaks: ['ignores-no-store'], answers: [nothing({ cc: 'max-age=60, no-store' })], calls: [{ expect: missing }, { by: 2, expect: missing }] },
  { id: 'negative-over', rule: 'NOT_FOUND is not used when its lifetime is over: what was missing may be there', source: 'RFC 9111 section 4.2', breaks: ['never-expires'], answers: [nothing({ cc: 'max-age=1' }), {}], calls: [{ expect: missing }, { wait: 2.1, by: 2 }] },
  { id: 'negative-one-block', rule: 'A reused NOT_FOUND is one header block, as it came', source: 'gRPC PROTOCOL-HTTP2, "Responses"', breaks: ['splits-negative-hits+status-does-not-end'], answers: [nothing()], calls: [{ expect: missing }, { expect: { ...missing, trailersOnly: true } }] },
  { id: 'negative-message', rule: 'A reused NOT_FOUND has its message and details', source: 'RFC 9111 section 3.1', breaks: ['drops-status-details', 'drops-grpc-message'], answers: [nothing({ trailers: { 'grpc-message': 'no%20such', 'grpc-status-details-bin': 'CAU' } })],
    calls: [{ expect: missing }, { expect: { ...missing, trailers: { 'grpc-message': 'no%20such', 'grpc-status-details-bin': 'CAU' } } }] },
  { id: 'negative-key', rule: 'NOT_FOUND of one thing is not that of another', source: 'RFC 9111 section 4', breaks: ['keys-without-message'], answers: [nothing(), {}], calls: [{ message: 'one', expect: missing }, { message: 'two', by: 2 }] },
  { id: 'negative-identity', rule: 'NOT_FOUND for one identity is not for another: it may be all that it is let see', source: 'RFC 9111 section 3.5', breaks: ['ignores-authorization'], answers: [nothing(), {}], calls: [{ metadata: { authorization: 'Bearer a' }, expect: missing }, { metadata: { authorization: 'Bearer b' }, by: 2 }] },
  { id: 'negative-vary', rule: 'vary holds for NOT_FOUND', source: 'RFC 9111 section 4.1', breaks: ['ignores-vary+uses-despite-metadata+stores-despite-metadata'], answers: [nothing({ initial: { vary: 'x-lang' } }), {}], calls: [{ metadata: { 'x-lang': 'en' }, expect: missing }, { metadata: { 'x-lang': 'de' }, by: 2 }] },
  {
    id: 'negative-other-errors', rule: 'Errors other than NOT_FOUND are not used again, whatever lifetime they declare', source: negative, breaks: ['stores-any-error'],
    answers: [3, 7, 8, 9, 13, 14, 16].map((status) => nothing({ status })).flatMap((one) => [one, one]),
    calls: [3, 7, 8, 9, 13, 14, 16].flatMap((status, i) => [{ message: `for ${status}`, by: 2 * i + 1, expect: { status: String(status) } }, { message: `for ${status}`, by: 2 * i + 2, expect: { status: String(status) } }]),
  },
  { id: 'negative-after-found', rule: 'What was found and is gone is not found: a NOT_FOUND takes the place of what had expired', source: 'RFC 9111 section 4.2', breaks: ['never-expires'], answers: [{ cc: 'max-age=1' }, nothing()], calls: [{}, { wait: 2.1, by: 2, expect: missing }] },
];
