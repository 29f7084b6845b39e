#!/usr/bin/env node
// The suite's own proxy as a start script: main.mjs ORIGIN-PORT. The variable BREAKS has what it breaks, names joined by +. It says `proxy HOST:PORT` when it takes calls, and
// ends with its standard input.

import { Proxy } from './proxy.mjs';

const [originPort] = process.argv.slice(2);
const proxy = new Proxy({ host: '127.0.0.1', port: Number(originPort) }, process.env.BREAKS?.split('+'));
console.log(`proxy 127.0.0.1:${await proxy.listen()}`);
process.stdin.on('end', () => process.exit(0)).resume();
