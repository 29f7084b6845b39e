'use strict';
// The interop services, loaded from the protos of the interop host.
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

/** @param {string} directory where grpc/testing/test.proto is. */
exports.load = (directory) => {
  const definition = protoLoader.loadSync('grpc/testing/test.proto', { includeDirs: [directory], keepCase: true, defaults: true, enums: String });
  return grpc.loadPackageDefinition(definition).grpc.testing;
};
