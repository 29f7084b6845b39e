#!/usr/bin/env node
// Puts the results of several proxies side by side, as Markdown: node table.mjs NAME=FILE... where each FILE is what `run.mjs --json` said.

import { readFileSync } from 'node:fs';
import { cases } from './cases/index.mjs';
import { markdown } from './suite/report.mjs';

const given = process.argv.slice(2).map((argument) => argument.split('='));
if (!given.length || given.some(({ length }) => length !== 2)) {
  console.error('table.mjs: say NAME=FILE for each proxy');
  process.exit(2);
}
console.log(markdown(cases, Object.fromEntries(given.map(([name, file]) => [name, JSON.parse(readFileSync(file, 'utf8')).results]))));
