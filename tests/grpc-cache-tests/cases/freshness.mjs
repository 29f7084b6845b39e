// For how long an answer may be used again.

const day = 86_400_000;
const ago = (milliseconds) => new Date(Date.now() - milliseconds).toUTCString();

/** Two calls, the second of which must ask again. */
const again = [{}, { by: 2 }];
/** Two calls, the second of which has the answer to the first. */
const reused = [{}, { by: 1 }];

export default [
  {
    id: 'freshness-max-age', kind: 'optimal', rule: 'An answer is used again within its max-age', source: 'RFC 9111 section 5.2.2.1', breaks: ['never-stores'],
    answers: [{ cc: 'max-age=60' }], calls: reused,
  },
  {
    id: 'freshness-undeclared', rule: 'An answer that declares nothing is not used again: an answer to POST has no heuristic lifetime', source: 'RFC 9110 section 9.3.3', breaks: ['stores-undeclared'],
    answers: [{}], calls: again,
  },
  {
    id: 'freshness-heuristic', rule: 'last-modified alone makes no lifetime', source: 'RFC 9110 section 9.3.3, RFC 9111 section 4.2.2', breaks: ['heuristic-lifetime'],
    answers: [{ initial: { 'last-modified': ago(10 * day) } }], calls: again,
  },
  {
    id: 'freshness-public', rule: 'public alone makes no lifetime', source: 'RFC 9110 section 9.3.3', breaks: ['public-is-a-lifetime'],
    answers: [{ cc: 'public' }], calls: again,
  },
  {
    id: 'freshness-etag', rule: 'An etag alone makes no lifetime', source: 'RFC 9110 section 9.3.3', breaks: ['stores-undeclared'],
    answers: [{ initial: { etag: '"1"' } }], calls: again,
  },
  {
    id: 'freshness-over', rule: 'An answer is not used again when its lifetime is over', source: 'RFC 9111 section 4.2', breaks: ['never-expires'],
    answers: [{ cc: 'max-age=1' }], calls: [{}, { wait: 2.1, by: 2 }],
  },
  {
    id: 'freshness-renewed', kind: 'optimal', rule: 'What was asked for anew is used again in turn', source: 'RFC 9111 section 3', breaks: ['never-stores'],
    answers: [{ cc: 'max-age=1' }, { cc: 'max-age=60' }], calls: [{}, { wait: 2.1, by: 2 }, { by: 2 }],
  },
  {
    id: 'freshness-zero', rule: 'max-age=0 is no lifetime', source: 'RFC 9111 section 5.2.2.1', breaks: ['stores-stale+never-expires'],
    answers: [{ cc: 'max-age=0' }], calls: again,
  },
  {
    id: 'freshness-s-maxage', kind: 'optimal', rule: 's-maxage comes before max-age, when it is longer', source: 'RFC 9111 section 5.2.2.10', breaks: ['ignores-s-maxage'],
    answers: [{ cc: 'max-age=0, s-maxage=60' }], calls: reused,
  },
  {
    id: 'freshness-s-maxage-shorter', rule: 's-maxage comes before max-age, when it is shorter', source: 'RFC 9111 section 5.2.2.10', breaks: ['ignores-s-maxage'],
    answers: [{ cc: 's-maxage=0, max-age=60' }], calls: again,
  },
  {
    id: 'freshness-s-maxage-alone', kind: 'optimal', rule: 's-maxage alone is a lifetime', source: 'RFC 9111 section 5.2.2.10', breaks: ['ignores-s-maxage'],
    answers: [{ cc: 's-maxage=60' }], calls: reused,
  },
  {
    id: 'freshness-age', rule: 'The age that an answer comes with counts', source: 'RFC 9111 section 4.2.3', breaks: ['ignores-age'],
    answers: [{ cc: 'max-age=60', initial: { age: '61' } }], calls: again,
  },
  {
    id: 'freshness-age-left', rule: 'What the age leaves of a lifetime is all that there is', source: 'RFC 9111 section 4.2.3', breaks: ['ignores-age'],
    answers: [{ cc: 'max-age=3600', initial: { age: '3599' } }], calls: [{}, { wait: 2.1, by: 2 }],
  },
  {
    id: 'freshness-age-malformed', rule: 'An age that is no number takes nothing away from what the fields permit, nor adds to it', source: 'RFC 9111 section 5.1', breaks: ['bad-age-is-endless'],
    answers: [{ cc: 'max-age=1', initial: { age: 'young' } }], calls: [{}, { wait: 2.1, by: 2 }],
  },
  {
    id: 'freshness-date', kind: 'check', rule: 'An answer that was made long ago by its date is as old', source: 'RFC 9111 section 4.2.3 (apparent_age)', breaks: ['ignores-date'],
    answers: [{ cc: 'max-age=60', initial: { date: ago(3_600_000) } }], calls: again,
  },
  {
    id: 'freshness-expires', kind: 'check', rule: 'expires alone is a lifetime', source: 'RFC 9111 section 5.3', breaks: ['ignores-expires'],
    answers: [{ initial: { expires: ago(-day), date: ago(0) } }], calls: reused,
  },
  {
    id: 'freshness-max-age-before-expires', rule: 'max-age comes before expires', source: 'RFC 9111 section 5.3', breaks: ['ignores-age+stores-stale+never-expires'],
    answers: [{ cc: 'max-age=0', initial: { expires: ago(-day), date: ago(0) } }], calls: again,
  },
  {
    id: 'freshness-text', rule: 'A lifetime that is no number is none', source: 'RFC 9111 section 4.2.1', breaks: ['bad-numbers-are-large'],
    answers: [{ cc: 'max-age=sixty' }], calls: again,
  },
  {
    id: 'freshness-negative', rule: 'A negative lifetime is none', source: 'RFC 9111 section 1.2.2', breaks: ['bad-numbers-are-large'],
    answers: [{ cc: 'max-age=-60' }], calls: again,
  },
  {
    id: 'freshness-empty', rule: 'A lifetime without a value is none', source: 'RFC 9111 section 5.2', breaks: ['bad-numbers-are-large'],
    answers: [{ cc: 'max-age' }], calls: again,
  },
  {
    id: 'freshness-quoted', kind: 'optimal', rule: 'A quoted lifetime is the same number', source: 'RFC 9111 section 5.2', breaks: ['refuses-quoted-arguments'],
    answers: [{ cc: 'max-age="60"' }], calls: reused,
  },
  {
    id: 'freshness-large', kind: 'optimal', rule: 'A lifetime beyond what can be counted is a long one', source: 'RFC 9111 section 1.2.2', breaks: ['overflows'],
    answers: [{ cc: 'max-age=99999999999999999999' }], calls: reused,
  },
  {
    id: 'freshness-repeated', rule: 'Of repeated lifetimes the first counts, or none: never a later, longer one', source: 'RFC 9111 section 4.2.1', breaks: ['last-lifetime-counts'],
    answers: [{ cc: 'max-age=0, max-age=60' }], calls: again,
  },
  {
    id: 'freshness-repeated-fields', kind: 'check', rule: 'Of lifetimes in several fields the smallest counts', source: 'docs/caching.md, "What an origin declares"', breaks: ['reads-first-field-only'],
    answers: [{ initial: { 'cache-control': ['max-age=60', 'max-age=0'] } }], calls: again,
  },
  {
    id: 'freshness-case', kind: 'optimal', rule: "Directives' names are the same in any case", source: 'RFC 9111 section 5.2', breaks: ['directives-case-sensitive'],
    answers: [{ cc: 'Max-Age=60' }], calls: reused,
  },
  {
    id: 'freshness-unknown-directive', kind: 'optimal', rule: 'Unknown directives are ignored', source: 'RFC 9111 section 5.2.3', breaks: ['reads-first-directive-only'],
    answers: [{ cc: 'community="UCI", max-age=60' }], calls: reused,
  },
  {
    id: 'freshness-empty-elements', kind: 'optimal', rule: 'Empty elements of a list are ignored', source: 'RFC 9110 section 5.6.1.2', breaks: ['refuses-empty-elements'],
    answers: [{ cc: ' , ,max-age=60, ,' }], calls: reused,
  },
  {
    id: 'freshness-quoted-comma', rule: 'What stands in a quoted string is no directive', source: 'RFC 9110 section 5.6.4', breaks: ['splits-quoted-strings'],
    answers: [{ cc: 'extension="a, max-age=60, b"' }], calls: again,
  },
  {
    id: 'freshness-name-whole', rule: "A directive's name is the whole of it", source: 'RFC 9111 section 5.2', breaks: ['stores-undeclared'],
    answers: [{ cc: 'x-max-age=60, max-age-x=60' }], calls: again,
  },
  {
    id: 'freshness-targeted', kind: 'optimal', rule: 'cdn-cache-control comes before cache-control, when it is longer', source: 'RFC 9213 section 2.2', breaks: ['ignores-targeted'],
    answers: [{ cc: 'max-age=0', initial: { 'cdn-cache-control': 'max-age=60' } }], calls: reused,
  },
  {
    id: 'freshness-targeted-shorter', kind: 'check', rule: 'cdn-cache-control comes before cache-control, when it is shorter', source: 'RFC 9213 section 2.2', breaks: ['ignores-targeted'],
    answers: [{ cc: 'max-age=60', initial: { 'cdn-cache-control': 'max-age=0' } }], calls: again,
  },
  {
    id: 'freshness-targeted-empty', kind: 'optimal', rule: 'A cdn-cache-control that says nothing is as good as absent', source: 'RFC 9213 section 2.1', breaks: ['empty-targeted-counts'],
    answers: [{ cc: 'max-age=60', initial: { 'cdn-cache-control': '' } }], calls: reused,
  },
  {
    id: 'freshness-age-sent', rule: 'A reused answer says its age', source: 'RFC 9111 section 5.1', breaks: ['no-age'],
    answers: [{ cc: 'max-age=60' }], calls: [{}, { expect: { whenReused: { initial: { age: /^\d+$/ } } } }],
  },
  {
    id: 'freshness-age-added', rule: 'The age that is said includes the one that the answer came with', source: 'RFC 9111 section 4.2.3', breaks: ['forgets-received-age'],
    answers: [{ cc: 'max-age=3600', initial: { age: '600' } }], calls: [{}, { expect: { whenReused: { initial: { age: ([age]) => Number(age) >= 600 && Number(age) < 700 } } } }],
  },
  {
    id: 'freshness-age-grows', rule: 'The age that is said grows', source: 'RFC 9111 section 4.2.3', breaks: ['age-stands-still'],
    answers: [{ cc: 'max-age=60' }], calls: [{}, { wait: 2.1, expect: { whenReused: { initial: { age: ([age]) => Number(age) >= 2 } } } }],
  },
  {
    id: 'freshness-age-relayed', rule: 'An answer that is not stored keeps the age that it came with', source: 'RFC 9111 section 5.1', breaks: ['drops-age'],
    answers: [{ initial: { age: '600' } }], calls: [{ expect: { initial: { age: '600' } } }],
  },
];
