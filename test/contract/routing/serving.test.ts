import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTables, type Tables as TableService } from "../../../local/tables/tables.ts";
import { ownTable } from "../../support/own-tables.ts";
import {
  bootFleet,
  bootInstance,
  damageVersion,
  makeWorld,
  tableTo,
  type Instance,
  type World,
} from "../../support/routing-instance.ts";

let service: TableService;

beforeAll(async () => {
  service = await startTables({ port: 0 });
});

afterAll(() => service.close());

let world: World;
let instances: Instance[];

/** Three instances that have booted with `default@1`. */
beforeEach(async () => {
  world = makeWorld(await ownTable(service), await ownTable(service));
  instances = await bootFleet(world);
});

const versions = () => Promise.all(instances.map((instance) => instance.version()));
const one = (index: number): Instance => instances[index] ?? raise(index);
const raise = (index: number): never => {
  throw new Error(`There is no instance ${index}`);
};
const everybody = { application: "*", machine: "*", by: "test" };

async function store(address: string): Promise<void> {
  await one(0).repository.put(tableTo(address), { kind: "present" }, { by: "test" });
}

test("activating makes all load it, set is for one only, and reset leads back to where that one began", async () => {
  await store("two");
  expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
  await one(1).manager.activate("default", 2, { by: "test", refresh: true });
  expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
  const machine = { application: "web", machine: "web-1", by: "test" };
  await one(2).manager.set(machine, tableTo("own"));
  expect(await versions()).toEqual(["default@2", expect.stringMatching(/^default@set-/), "default@2"]);
  await one(0).manager.reset(machine);
  expect(await versions()).toEqual(["default@2", "default@1", "default@2"]);
});

test("two commands at the same time for the same target leave all with the same table", async () => {
  const sets = ["a", "b", "c", "d"].map((name, index) =>
    one(index % 3).manager.set(everybody, tableTo(name)),
  );
  const revisions = (await Promise.all(sets)).map(({ revision }) => revision);
  expect(new Set(revisions).size).toBe(4);
  await Promise.all(instances.map(({ serving }) => serving.look()));
  expect(new Set(await versions()).size).toBe(1);
  expect(await one(0).desired.revision()).toBe(Math.max(...revisions));
});

test("a restart goes on with what the instance was told to serve, while the pointer names another version", async () => {
  await store("two");
  await one(0).manager.activate("default", 2, { by: "test", refresh: false });
  await one(0).manager.set({ application: "web", machine: "web-1", by: "test" }, tableTo("own"));
  const told = await one(1).version();
  one(1).end();
  expect(await (await bootInstance(world, "web-1")).version()).toBe(told);
  expect(await versions()).toEqual(["default@1", told, "default@1"]);
});

test("a refresh that fails keeps what serves, shows in the status of each, and is written down", async () => {
  await store("two");
  await one(0).repository.activate("default", 2, "test");
  await damageVersion(world, one(0), 2);
  await one(0).manager.refresh(everybody);
  expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
  const failed = (await one(0).status()).map(({ tables: [own] }) => [own?.version, own?.lastError?.reason]);
  expect(failed).toEqual(instances.map(() => ["default@1", expect.stringMatching(/damaged/)]));
  const events = await one(0).failures.newest("default", 10);
  expect(events.map(({ instance }) => instance).sort()).toEqual(["db-0", "web-0", "web-1"]);
});
