import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../../../../shared/kernel/problem.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import {
  bootFleet,
  bootInstance,
  damageVersion,
  makeWorld,
  tableTo,
  type Instance,
  type World,
} from "../../../support/routing-instance.ts";

let world: World;
let instances: Instance[];

/** Three instances that have booted with `default@1`. */
beforeEach(async () => {
  world = makeWorld(new InMemoryTable(), new InMemoryTable());
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

const damage = (version: number) => damageVersion(world, one(0), version);

describe("commands", () => {
  test("storing changes nothing that runs, and activating makes all load it", async () => {
    await store("two");
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
    await one(1).manager.activate("default", 2, { by: "test", refresh: true });
    expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
  });

  test("activating without a refresh is for instances that boot later, and a refresh brings the others there", async () => {
    await store("two");
    await one(0).manager.activate("default", 2, { by: "test", refresh: false });
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
    await one(0).manager.refresh({ ...everybody, application: "web" });
    expect(await versions()).toEqual(["default@2", "default@2", "default@1"]);
    await one(0).manager.refresh(everybody, "default");
    expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
  });

  test("set gives one instance a table of its own, and reset takes it away again", async () => {
    await one(0).manager.set({ application: "web", machine: "web-1", by: "test" }, tableTo("own"));
    expect(await versions()).toEqual([
      "default@1",
      expect.stringMatching(/^default@set-[0-9a-f]{8}$/),
      "default@1",
    ]);
    expect((await one(0).repository.pointer("default"))?.latest).toBe(1);
    await one(2).manager.reset({ application: "web", machine: "web-1", by: "test" });
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
  });

  test("a later command for all overrules an earlier one for one, and the other way round", async () => {
    await one(0).manager.set({ application: "web", machine: "web-1", by: "test" }, tableTo("own"));
    await store("two");
    await one(0).manager.activate("default", 2, { by: "test", refresh: true });
    expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
    // What the wide command is for needs the narrow one no longer.
    expect(await one(0).desired.commands()).toHaveLength(1);
    await one(0).manager.reset({ application: "db", machine: "*", by: "test" });
    expect(await versions()).toEqual(["default@2", "default@2", "default@1"]);
  });

  test("a refresh pins the version that is active then, also for those that look late", async () => {
    await store("two");
    world.isDeaf = true;
    await one(0).manager.activate("default", 2, { by: "test", refresh: true });
    await store("three");
    await one(0).manager.activate("default", 3, { by: "test", refresh: false });
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
    await Promise.all(instances.map(({ serving }) => serving.look()));
    expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
  });

  test("of two versions that are activated at the same time all serve the one that stays active", async () => {
    await store("two");
    await store("three");
    const { repository, manager } = one(0);
    const read = repository.pointer.bind(repository);
    let activated: Promise<unknown> | undefined;
    // While the refresh to version 2 has read the pointer and not said so yet, version 3 is activated and refreshed.
    repository.pointer = async (name) => {
      const pointer = await read(name);
      if (pointer?.active === 2) {
        activated ??= one(1).manager.activate("default", 3, { by: "test", refresh: true });
        await activated;
      }
      return pointer;
    };
    await manager.activate("default", 2, { by: "test", refresh: true });
    expect((await read("default"))?.active).toBe(3);
    expect(await versions()).toEqual(["default@3", "default@3", "default@3"]);
  });

  test("two at the same time for the same target leave all with the same table", async () => {
    const sets = ["a", "b", "c", "d"].map((name, index) =>
      one(index % 3).manager.set(everybody, tableTo(name)),
    );
    const revisions = (await Promise.all(sets)).map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(4);
    await Promise.all(instances.map(({ serving }) => serving.look()));
    expect(new Set(await versions()).size).toBe(1);
    expect(await one(0).desired.revision()).toBe(Math.max(...revisions));
  });

  test("a request that is repeated under its key is the same command", async () => {
    const first = await one(0).manager.refresh({ ...everybody, key: "k" });
    const again = await one(1).manager.refresh({ ...everybody, key: "k" });
    expect(again.revision).toBe(first.revision);
  });

  test("for somebody who is not there is refused, and nothing is kept of it", async () => {
    const before = await one(0).desired.revision();
    const lost = { application: "web", machine: "web-7", by: "test" };
    await expect(one(0).manager.set(lost, tableTo("own"))).rejects.toMatchObject({
      kind: "unknown-instance",
    });
    const nobody = { application: "mail", machine: "*", by: "test" };
    await expect(one(0).manager.reset(nobody)).rejects.toMatchObject({ kind: "unknown-role" });
    await expect(one(0).manager.refresh(everybody, "none")).rejects.toMatchObject({ kind: "unknown-table" });
    expect(await one(0).desired.revision()).toBe(before);
  });
});

describe("a restart", () => {
  test("goes on with what the instance was told to serve", async () => {
    await one(0).manager.set({ application: "web", machine: "web-1", by: "test" }, tableTo("own"));
    const told = await one(1).version();
    one(1).end();
    expect(await (await bootInstance(world, "web-1")).version()).toBe(told);
    expect(await (await bootInstance(world, "web-2")).version()).toBe("default@1");
  });

  test("after a reset serves what is active then", async () => {
    await store("two");
    await one(0).manager.activate("default", 2, { by: "test", refresh: false });
    await one(0).manager.reset(everybody);
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
    expect(await (await bootInstance(world, "web-1")).version()).toBe("default@2");
  });

  test("with a version that cannot be read serves the newest older one, and says so", async () => {
    await store("two");
    await one(0).manager.activate("default", 2, { by: "test", refresh: true });
    await damage(2);
    const late = await bootInstance(world, "web-9");
    expect(await late.version()).toBe("default@1");
    const [status] = await late.status({ application: "web", machine: "web-9" });
    expect(status?.tables[0]?.lastError?.reason).toMatch(/damaged/);
  });
});

describe("a load that fails", () => {
  test("keeps what serves, shows in the status, is written down once, and is over with the next good one", async () => {
    await store("two");
    await store("three");
    await one(0).repository.activate("default", 2, "test");
    await damage(2);
    await one(0).manager.refresh(everybody);
    await Promise.all(instances.map(({ serving }) => serving.look()));
    expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
    const failed = await one(0).status();
    expect(failed.map(({ tables: [own] }) => [own?.version, own?.lastError?.reason])).toEqual(
      instances.map(() => ["default@1", expect.stringMatching(/damaged/)]),
    );
    const events = await one(0).failures.newest("default", 10);
    expect(events.map(({ instance }) => instance).sort()).toEqual(["db-0", "web-0", "web-1"]);
    expect(events[0]).toMatchObject({ wanted: "version 2", serving: "default@1" });
    await one(0).manager.activate("default", 3, { by: "test", refresh: true });
    expect(await versions()).toEqual(["default@3", "default@3", "default@3"]);
    expect((await one(0).status()).map(({ tables: [own] }) => own?.lastError)).toEqual([null, null, null]);
  });

  test("of a version that could not serve here is refused before it is activated", async () => {
    await store("two");
    await damage(2);
    const activated = one(0).manager.activate("default", 2, { by: "test", refresh: true });
    await expect(activated).rejects.toMatchObject({ kind: "table-unreadable" });
    expect((await one(0).repository.pointer("default"))?.active).toBe(1);
    // Storing the same content again mends it.
    await store("two");
    await one(0).manager.activate("default", 2, { by: "test", refresh: true });
    expect(await versions()).toEqual(["default@2", "default@2", "default@2"]);
  });
});

test("the status lists for each instance and inbound endpoint what serves, since when, from where, and how much it routed", async () => {
  const served = await one(0).serving.serving();
  one(0).serving.countRouted(served, "events");
  one(0).serving.countRouted(served, "events");
  await one(0).serving.look();
  await one(0).registration.heartbeat();
  await one(0).manager.set({ application: "db", machine: "*", by: "test" }, tableTo("own"));
  const inbound = (await one(1).status()).map(({ machine, tables: [own] }) => [
    machine,
    own?.inbound.map(({ name, version, source, routed }) => [name, version, source, routed]),
  ]);
  expect(inbound).toEqual([
    ["db-0", [["events", expect.stringMatching(/^default@set-/), "set", 0]]],
    ["web-0", [["events", "default@1", "repository", 2]]],
    ["web-1", [["events", "default@1", "repository", 0]]],
  ]);
  expect((await one(1).status({ application: "db", machine: "*" })).map(({ machine }) => machine)).toEqual([
    "db-0",
  ]);
});

test("a table that is named for the first time is loaded, once, and follows commands like the own one", async () => {
  const other = (address: string) => tableTo(address, { name: "other" });
  await expect(one(0).version("other")).rejects.toMatchObject({ kind: "unknown-table" });
  await one(0).repository.put(other("a"), { kind: "absent" }, { by: "test" });
  await expect(one(0).version("other")).rejects.toBeInstanceOf(Problem);
  await one(0).manager.activate("other", 1, { by: "test", refresh: true });
  const both = await Promise.all([one(1).serving.serving("other"), one(1).serving.serving("other")]);
  expect(both[0]).toBe(both[1]);
  await one(0).repository.put(other("b"), { kind: "present" }, { by: "test" });
  await one(0).manager.activate("other", 2, { by: "test", refresh: true });
  expect(await one(1).version("other")).toBe("other@2");
  expect(await versions()).toEqual(["default@1", "default@1", "default@1"]);
});

test("an instance has its table from a file where the settings say so", async () => {
  const name = `file-${randomUUID().slice(0, 8)}`;
  const options = { table: name, bootSource: "file", runtimeSource: "file" } as const;
  world.file = () => JSON.stringify(tableTo("one", { name }));
  const instance = await bootInstance(world, "web-5", options);
  const booted = await instance.version();
  expect(booted).toMatch(/@file-[0-9a-f]{8}$/);
  world.file = () => JSON.stringify(tableTo("two", { name }));
  await instance.serving.look();
  expect(await instance.version()).toBe(booted);
  await instance.manager.refresh({ application: "web", machine: "web-5", by: "test" }, name);
  expect(await instance.version()).not.toBe(booted);
  await instance.manager.reset({ application: "web", machine: "web-5", by: "test" });
  expect(await instance.version()).toBe(booted);
});
