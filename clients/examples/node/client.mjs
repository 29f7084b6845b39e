// An ordinary gRPC client in Node.js: the same against the service itself and against an edge.
//
// Once:  npm ci
// Run:   node client.mjs [TARGET [ID]]        (default 127.0.0.1:6401, an edge, and product 1)

import grpc from '@grpc/grpc-js';
import { Catalog } from './catalog.mjs';

const [target = '127.0.0.1:6401', id = '1'] = process.argv.slice(2);
const catalog = new Catalog(target, grpc.credentials.createInsecure());

function getProduct() {
  return new Promise((resolve, reject) => {
    let status = 'no cache on the way';
    const call = catalog.getProduct({ id }, { deadline: Date.now() + 10_000 }, (error, answer) => (error ? reject(error) : resolve({ answer, status })));
    call.on('metadata', (metadata) => {
      status = metadata.get('cache-status')[0] ?? status;
    });
  });
}

for (let i = 0; i < 3; i++) {
  const start = performance.now();
  const { answer, status } = await getProduct();
  const elapsed = (performance.now() - start).toFixed(1);
  console.log(`${answer.name}, ${answer.priceCents} cents, lookup ${answer.lookups}, ${elapsed} ms, ${status}`);
}
catalog.close();
