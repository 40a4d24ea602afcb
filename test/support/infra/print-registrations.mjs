// Loads a built function app as the worker would, and prints what it registers. Usage: node print-registrations.mjs dist/main.cjs
import Module, { createRequire } from "node:module";
import { resolve } from "node:path";

const registered = [];
class Disposable {
  dispose() {}
}
const core = {
  version: "3.14.0",
  hostVersion: "4.0.0",
  Disposable,
  registerFunction: (metadata) => (registered.push(metadata), new Disposable()),
  registerHook: () => new Disposable(),
  setProgrammingModel: () => {},
  getProgrammingModel: () => undefined,
  log: () => {},
};

const load = Module._load;
Module._load = (request, ...rest) => (request === "@azure/functions-core" ? core : load(request, ...rest));
createRequire(import.meta.url)(resolve(process.argv[2]));
process.stdout.write(JSON.stringify(registered), () => process.exit(0));
