// Checks Kubernetes manifests against the API's own schema: node check.mjs FILE...
// One line a document on standard output, one a fault on standard error; exit code 1 when there is one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);
let faults = 0;

function fail(where, what) {
  faults++;
  console.error(`${where}: ${what}`);
}

// The schema's validators let unknown fields pass, as the API server does. They ask for every field that they know by
// name, and walk those that are maps: what nobody asked for is misspelt.
function watch(value, path, unread) {
  if (typeof value !== "object" || value === null) {
    return value;
  }

  const children = new Map();
  for (const key of Object.keys(value)) {
    const child = `${path}/${key}`;
    children.set(key, watch(value[key], child, unread));
    unread.add(child);
  }

  return new Proxy(value, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      return children.has(key) ? children.get(key) : Reflect.get(target, key);
    },
    ownKeys(target) {
      children.forEach((_, key) => unread.delete(`${path}/${key}`));
      return Reflect.ownKeys(target);
    },
  });
}

function check(where, manifest) {
  const { apiVersion, kind } = manifest;
  let Model;
  try {
    Model = require(`kubernetes-models/${apiVersion}/${kind}`)[kind];
  } catch {
    fail(where, `no such kind: ${apiVersion} ${kind}`);
    return;
  }

  const unread = new Set();
  try {
    Model.prototype.validate.call(watch(new Model(manifest), "", unread));
  } catch (error) {
    fail(where, error.message);
  }

  unread.forEach((path) => fail(where, `${path} is no field of ${kind}`));
  console.log(`${where}: ${apiVersion} ${kind} ${manifest.metadata?.name}`);
}

for (const file of process.argv.slice(2)) {
  for (const [index, document] of parseAllDocuments(readFileSync(file, "utf8")).entries()) {
    const where = `${file}#${index + 1}`;
    if (document.errors.length > 0) {
      document.errors.forEach((error) => fail(where, error.message));
    } else {
      check(where, document.toJS());
    }
  }
}

process.exitCode = faults > 0 ? 1 : 0;
