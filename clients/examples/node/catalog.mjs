// The stubs of shop.v1.Catalog, made from its proto when the program starts.

import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const protos = fileURLToPath(new URL('../protos/', import.meta.url));
const definition = loader.loadSync('shop/v1/catalog.proto', { includeDirs: [protos], longs: Number });

export const { Catalog } = grpc.loadPackageDefinition(definition).shop.v1;
