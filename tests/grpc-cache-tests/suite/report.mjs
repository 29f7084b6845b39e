// Results for people: lines on a terminal, and Markdown.

const words = {
  required: { pass: 'yes', fail: '**no**' },
  optimal: { pass: 'yes', fail: 'no' },
  check: { pass: 'yes', fail: 'no' },
};

/** Counts of { required, optimal, check }: { passed, failed } each. */
export function count(results) {
  const counts = Object.fromEntries(Object.keys(words).map((kind) => [kind, { passed: 0, failed: 0 }]));
  results.forEach(({ kind, outcome }) => counts[kind][outcome === 'pass' ? 'passed' : 'failed']++);
  return counts;
}

/** One line a case that failed, and one a kind. */
export function lines(results) {
  const marks = { required: 'FAIL', optimal: 'not optimal', check: 'no' };
  const failed = results.filter(({ outcome }) => outcome === 'fail').map(({ id, kind, reason }) => `${marks[kind].padEnd(12)} ${id}: ${reason}`);
  const totals = Object.entries(count(results)).filter(([, { passed, failed: no }]) => passed + no > 0).map(([kind, { passed, failed: no }]) => `${kind}: ${passed} of ${passed + no}`);
  return [...failed, totals.join(', ')];
}

/** A Markdown table of the results of one or several proxies, by name. */
export function markdown(cases, resultsByName) {
  const names = Object.keys(resultsByName);
  const of = (name, id) => resultsByName[name].find((result) => result.id === id);
  const ran = cases.filter(({ id }) => names.some((name) => of(name, id)));
  const totals = names.map((name) => {
    const { required, optimal, check } = count(resultsByName[name]);
    return `| ${name} | ${[required, optimal, check].map(({ passed, failed }) => `${passed} of ${passed + failed}`).join(' | ')} |`;
  });
  const rows = ran.map(({ id, kind, rule, source }) => `| ${id} | ${kind} | ${rule.replaceAll('|', '\\|')} | ${source} | ${names.map((name) => (of(name, id) ? words[kind][of(name, id).outcome] : '-')).join(' | ')} |`);
  return [
    '| proxy | required | optimal | check |', '|---|---|---|---|', ...totals, '',
    `| case | kind | rule | source | ${names.join(' | ')} |`, `|---|---|---|---|${'---|'.repeat(names.length)}`, ...rows, '',
  ].join('\n');
}
