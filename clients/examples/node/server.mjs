// An ordinary gRPC service in Node.js. Its one line for EdgeMesh is the response metadata `cache-control`.
//
// Once:  npm ci
// Run:   node server.mjs [PORT]        (default 9000; 0: a free one)

import grpc from '@grpc/grpc-js';
import { Catalog } from './catalog.mjs';

const products = { 1: { name: 'teapot', priceCents: 1999 }, 2: { name: 'cup', priceCents: 350 } };
let lookups = 0;

function getProduct(call, callback) {
  const { id } = call.request;
  if (!Object.hasOwn(products, id)) {
    callback({ code: grpc.status.NOT_FOUND, details: `no product '${id}'` });
    return;
  }
  const metadata = new grpc.Metadata();
  metadata.set('cache-control', 'public, max-age=60');
  call.sendMetadata(metadata);
  callback(null, { id, ...products[id], lookups: ++lookups });
}

const server = new grpc.Server();
server.addService(Catalog.service, { getProduct });
server.bindAsync(`127.0.0.1:${process.argv[2] ?? 9000}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`shop.v1.Catalog listens on 127.0.0.1:${port}`);
});
