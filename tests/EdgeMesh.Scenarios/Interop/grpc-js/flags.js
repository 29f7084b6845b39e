'use strict';
// The command line: --name=value or --name value, as every interop program takes it.
const { parseArgs } = require('node:util');

/** @param {string[]} names the flags that the program takes; all are texts. */
exports.parse = (names) => {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  return parseArgs({ options, strict: true }).values;
};
