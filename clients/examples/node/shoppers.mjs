// Shoppers in the boutique: each a user who looks at products (some far more than others: Zipf), lists, rates, ads, recommendations and the cart, and buys now and then.
// They check what they get: not made longer ago than its service lets caches keep it, not for another user, and their own purchases in their own cart.
//
// Run:   node shoppers.mjs EDGE ORIGIN [CALLS [USERS]]        such as 127.0.0.1:6401 127.0.0.1:9000; default 20000 calls of 40 users

import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [edge, origin, calls = '20000', users = '40'] = process.argv.slice(2);
const protos = fileURLToPath(new URL('../protos/', import.meta.url));
const { v1 } = grpc.loadPackageDefinition(loader.loadSync('boutique/v1/boutique.proto', { includeDirs: [protos], longs: Number, defaults: true })).boutique;
const clients = Object.fromEntries(['Catalog', 'Currency', 'Cart', 'Recommendations', 'Ads'].map((name) => [name, new v1[name](edge, grpc.credentials.createInsecure())]));
const statistics = new v1.Statistics(origin, grpc.credentials.createInsecure());

// Zipf with exponent 1 over 200 products, as sums of their shares.
const shares = Array.from({ length: 200 }, (_, i) => 1 / (i + 1));
const total = shares.reduce((sum, share) => sum + share, 0);

function zipf() {
  let at = Math.random() * total;
  return String(Math.max(0, shares.findIndex((share) => (at -= share) < 0)));
}

const category = () => String(Math.floor(Math.random() * 8));

// Share of calls, service, method, request, and for how many seconds its answers may be kept; undefined: not at all.
const habits = [
  [50, 'Catalog', 'getProduct', () => ({ id: zipf() }), 30],
  [10, 'Catalog', 'listProducts', () => ({ category: category() }), 10],
  [15, 'Currency', 'getRates', () => ({}), 2],
  [10, 'Ads', 'getAd', () => ({ category: category() }), 5],
  [10, 'Recommendations', 'listRecommendations', () => ({}), 10],
  [3, 'Cart', 'getCart', () => ({}), undefined],
  [2, 'Cart', 'addItem', () => ({ productId: zipf() }), undefined],
];

function call(client, method, request, metadata) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + 60_000 }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

const seen = { calls: 0, originCalls: 0, tooOld: 0, ofAnother: 0, lostWrites: 0, failed: 0 };

async function shop(user) {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', user);
  const bought = [];
  while (seen.calls < Number(calls)) {
    seen.calls++;
    let at = Math.random() * 100;
    const [, service, method, request, seconds] = habits.find(([share]) => (at -= share) < 0) ?? habits[0];
    const asked = Date.now();
    const question = request();
    try {
      const answer = await call(clients[service], method, question, metadata);
      // By the moment of asking: what has passed since is the way, not the answer's age.
      seen.tooOld += asked - answer.origin.madeAtMs > (seconds ?? 0) * 1000 ? 1 : 0;
      seen.ofAnother += answer.origin.user !== '' && answer.origin.user !== user ? 1 : 0;
      if (method === 'addItem') {
        bought.push(question.productId);
      } else if (method === 'getCart') {
        seen.lostWrites += answer.productIds.join() === bought.join() ? 0 : 1;
      }
    } catch (error) {
      seen.failed++;
      console.error(`${service}.${method}: ${error.message}`);
    }
  }
}

const before = (await call(statistics, 'getStatistics', {}, new grpc.Metadata())).calls;
const start = Date.now();
await Promise.all(Array.from({ length: Number(users) }, (_, i) => shop(`Bearer user-${process.pid}-${i}`)));
seen.originCalls = (await call(statistics, 'getStatistics', {}, new grpc.Metadata())).calls - before;
console.log(JSON.stringify({ ...seen, seconds: (Date.now() - start) / 1000, spared: 1 - seen.originCalls / seen.calls }));
[...Object.values(clients), statistics].forEach((client) => client.close());
