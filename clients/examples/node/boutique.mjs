// A shop of several ordinary gRPC services (catalog, currency, cart, recommendations, ads). What they say to caches is `cache-control`, and only of reads; with `silent` they say
// nothing, and boutique-policy.yaml says it in their place.
//
// Once:  npm ci
// Run:   node boutique.mjs [PORT [silent]]        (default 9000; 0: a free one)

import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const protos = fileURLToPath(new URL('../protos/', import.meta.url));
const { v1 } = grpc.loadPackageDefinition(loader.loadSync('boutique/v1/boutique.proto', { includeDirs: [protos], longs: Number })).boutique;

const isSilent = process.argv[3] === 'silent';
const products = 200;
const categories = 8;
const carts = new Map();
let calls = 0;

/** Answers a call; `cacheControl`: what caches may do with it, nothing when it is absent. */
function answer(cacheControl, make) {
  return (call, callback) => {
    calls++;
    const [credential] = call.metadata.get('authorization');
    const made = make(call.request, credential);
    if (made.code) {
      callback(made);
      return;
    }
    if (cacheControl && !isSilent) {
      const metadata = new grpc.Metadata();
      metadata.set('cache-control', cacheControl);
      call.sendMetadata(metadata);
    }
    const user = cacheControl?.includes('public') ? '' : credential;
    callback(null, { origin: { madeAtMs: Date.now(), user }, ...made });
  };
}

function cartOf(user) {
  if (!carts.has(user)) {
    carts.set(user, []);
  }
  return carts.get(user);
}

const server = new grpc.Server();
server.addService(v1.Catalog.service, {
  getProduct: answer('public, max-age=30', ({ id }) => (Number(id) < products ? { id, priceCents: 100 + Number(id) } : { code: grpc.status.NOT_FOUND, details: `no product '${id}'` })),
  listProducts: answer('public, max-age=10', ({ category }) => ({ ids: Array.from({ length: products / categories }, (_, i) => String(i * categories + Number(category))) })),
});
server.addService(v1.Currency.service, { getRates: answer('public, max-age=2', () => ({ rates: { EUR: 1, GBP: 0.86, USD: 1.08 } })) });
server.addService(v1.Cart.service, {
  addItem: answer(undefined, ({ productId }, user) => {
    cartOf(user).push(productId);
    return {};
  }),
  getCart: answer(undefined, (_, user) => ({ productIds: cartOf(user) })),
});
server.addService(v1.Recommendations.service, { listRecommendations: answer('max-age=10', (_, user) => ({ productIds: [0, 1, 2].map((i) => String((user.length * 7 + i) % products)) })) });
server.addService(v1.Ads.service, { getAd: answer('public, max-age=5', ({ category }) => ({ text: `The best of category ${category}` })) });
server.addService(v1.Statistics.service, { getStatistics: (call, callback) => callback(null, { calls }) });
server.bindAsync(`127.0.0.1:${process.argv[2] ?? 9000}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(`boutique.v1 listens on 127.0.0.1:${port}`);
});
