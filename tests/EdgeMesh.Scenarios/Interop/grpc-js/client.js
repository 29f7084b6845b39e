'use strict';
// Runs interop cases with grpc-js against a server: one line per case, exit code 0 when all passed.
const cases = require('./cases.js');
const flags = require('./flags.js');
const protos = require('./protos.js');
const grpc = require('@grpc/grpc-js');
const fs = require('node:fs');

const CASE_LIMIT_MS = 20_000;

async function main() {
  const options = flags.parse(['server_host', 'server_port', 'test_case', 'protos', 'test_ca_file']);
  const services = protos.load(options.protos);
  const target = `${options.server_host}:${options.server_port}`;
  const authority = options.test_ca_file;
  const credentials = authority ? grpc.credentials.createSsl(fs.readFileSync(authority)) : grpc.credentials.createInsecure();
  const make = (Service, channelOptions) => new Service(target, credentials, channelOptions);
  const context = {
    client: make(services.TestService),
    unimplemented: make(services.UnimplementedService),
    makeClient: (channelOptions) => make(services.TestService, channelOptions),
  };

  let failures = 0;
  for (const name of options.test_case === 'all' ? Object.keys(cases.all) : [options.test_case]) {
    const limit = new Promise((_, reject) => setTimeout(reject, CASE_LIMIT_MS, new Error('not done in time')).unref());
    try {
      await Promise.race([cases.all[name](context), limit]);
      console.log(`${name}: passed`);
    } catch (error) {
      failures++;
      console.log(`${name}: FAILED: ${error.message.replaceAll('\n', ' ')}`);
    }
  }
  process.exit(failures === 0 ? 0 : 1);
}

main();
