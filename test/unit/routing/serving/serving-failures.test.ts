import { RestError } from "@azure/data-tables";
import { beforeEach, describe, expect, test } from "vitest";
import { publicHostsOnly } from "../../../../shared/routing/outbound-policy.ts";
import type { ReadRules } from "../../../../shared/routing/read-table.ts";
import type { StoredRow } from "../../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../../support/in-memory-table.ts";
import {
  bootFleet,
  bootInstance,
  damageVersion,
  makeWorld,
  rules,
  tableTo,
  type Instance,
  type World,
} from "../../../support/routing-instance.ts";

/** A table that can be away. */
class PassingTable extends InMemoryTable {
  isAway = false;
  reads = 0;

  override async read(partitionKey: string, rowKey: string): Promise<StoredRow | undefined> {
    this.reads += 1;
    this.#mustBeThere();
    return await super.read(partitionKey, rowKey);
  }

  override async partition(partitionKey: string): Promise<StoredRow[]> {
    this.#mustBeThere();
    return await super.partition(partitionKey);
  }

  #mustBeThere(): void {
    if (this.isAway) throw new RestError("no answer", { statusCode: 503 });
  }
}

let routing: PassingTable;
let world: World;
let first: Instance;

beforeEach(async () => {
  routing = new PassingTable();
  world = makeWorld(routing, new InMemoryTable());
  const [instance] = await bootFleet(world);
  if (!instance) throw new Error("There is no instance");
  first = instance;
});

const everybody = { application: "*", machine: "*", by: "test" };
const own = async (instance: Instance, machine: string) =>
  (await instance.status({ application: "*", machine }))[0]?.tables[0];

/** Rules of an environment in which the tables of these tests may call nobody. */
const nobody: ReadRules = { ...rules, outbound: { ...publicHostsOnly, allowPublic: false } };

describe("a repository that is away", () => {
  test("at boot leaves the table not loaded, and it is loaded as soon as the repository is back", async () => {
    routing.isAway = true;
    const late = await bootInstance(world, "web-7");
    await expect(late.version()).rejects.toMatchObject({ kind: "not-loaded", retryAfterSeconds: 5 });
    await late.serving.look();
    expect(await own(late, "web-7")).toMatchObject({
      version: "not loaded",
      lastError: { reason: "no answer" },
    });
    routing.isAway = false;
    await late.serving.look();
    expect(await late.version()).toBe("default@1");
    expect((await own(late, "web-7"))?.lastError).toBeNull();
    // Told when there was somebody to tell, once.
    expect(await late.failures.newest("default", 10)).toMatchObject([
      { instance: "web-7", serving: "nothing" },
    ]);
  });

  test("does not stop what serves, and what was to be loaded is loaded afterwards without another command", async () => {
    await first.repository.put(tableTo("two"), { kind: "present" }, { by: "test" });
    await first.repository.activate("default", 2, "test");
    const chunks = new Set((await first.repository.manifest("default", 2)).chunks);
    const read = routing.read.bind(routing);
    // The command can be read, the table cannot.
    routing.read = async (partitionKey, rowKey) => {
      if (chunks.has(rowKey.slice(1))) throw new RestError("no answer", { statusCode: 503 });
      return await read(partitionKey, rowKey);
    };
    await first.manager.refresh(everybody);
    expect(await first.version()).toBe("default@1");
    await world.clock.advance(1_000);
    await first.serving.look();
    routing.read = read;
    await first.serving.look();
    expect(await first.version()).toBe("default@2");
    const failed = await first.failures.newest("default", 10);
    expect(failed.filter(({ instance }) => instance === "web-0")).toHaveLength(1);
  });
});

describe("a table that cannot serve here", () => {
  test("is not compiled with every look while nothing serves, but after a while it is tried again", async () => {
    let asked = 0;
    const rulesFor = () => {
      asked += 1;
      return nobody;
    };
    const late = await bootInstance(world, "web-7", { rulesFor });
    await expect(late.version()).rejects.toThrow(/not on the list/);
    const before = asked;
    for (let look = 0; look < 5; look += 1) await late.serving.look();
    expect(asked).toBe(before);
    await world.clock.advance(30_000);
    await late.serving.look();
    expect(asked).toBeGreaterThan(before);
  });

  test("if it was set, leaves an instance that boots with what is active", async () => {
    // There alone the queue is one of the fleet's own.
    const reservedEntities = new Set(["spare"]);
    const set = tableTo("own", { endpoints: { echo: { address: "queue:spare", exchange: "one-way" } } });
    await first.manager.set({ application: "web", machine: "*", by: "test" }, set);
    expect(await first.version()).toMatch(/^default@set-/);
    const late = await bootInstance(world, "web-7", { rulesFor: () => ({ ...rules, reservedEntities }) });
    expect(await late.version()).toBe("default@1");
    expect((await own(late, "web-7"))?.lastError?.reason).toMatch(/fleet's own/);
  });

  test("of several versions the newest that can serve stands in", async () => {
    for (const address of ["two", "three", "four"])
      await first.repository.put(tableTo(address), { kind: "present" }, { by: "test" });
    await first.repository.activate("default", 4, "test");
    await damageVersion(world, first, 4);
    await damageVersion(world, first, 3);
    await first.manager.refresh(everybody);
    expect(await first.version()).toBe("default@1");
    expect(await (await bootInstance(world, "web-7")).version()).toBe("default@2");
  });
});

test("a message in hand keeps the table that it began with", async () => {
  const before = await first.serving.serving();
  const { compiled } = before;
  await first.manager.set(everybody, tableTo("own"));
  const after = await first.serving.serving();
  expect(after).not.toBe(before);
  expect([before.version, before.compiled]).toEqual(["default@1", compiled]);
});

test("a look that is asked for while another is under way begins after it, once for all who ask", async () => {
  const { serving } = first;
  const looks = [serving.look(), serving.look(), serving.look()];
  const before = routing.reads;
  await Promise.all(looks);
  expect(routing.reads - before).toBeLessThanOrEqual(2);
});

test("a command that comes while a look is under way is obeyed by the look that was asked for then", async () => {
  const read = routing.read.bind(routing);
  let given: Promise<unknown> | undefined;
  world.isDeaf = true;
  // The first look has read the counter when the command is given and the second is asked for.
  routing.read = async (partitionKey, rowKey) => {
    const row = await read(partitionKey, rowKey);
    if (rowKey === "revision" && !given) {
      given = first.manager.set(everybody, tableTo("own"));
      await given;
      first.serving.lookSoon();
    }
    return row;
  };
  await first.serving.look();
  expect(await first.version()).toMatch(/^default@set-/);
});

test("a look without a new command costs one table call", async () => {
  const before = routing.reads;
  await first.serving.look();
  expect(routing.reads - before).toBe(1);
});

test("a file that is not there yet is read when it is, and a command is obeyed all the same", async () => {
  const options = { bootSource: "file" } as const;
  const waiting = await bootInstance(world, "web-7", options);
  // The last command for all is a refresh: it needs no file.
  expect(await waiting.version()).toBe("default@1");
  await first.manager.reset({ application: "web", machine: "web-7", by: "test" });
  expect(await waiting.version()).toBe("default@1");
  expect((await own(waiting, "web-7"))?.lastError?.reason).toMatch(/no such file/);
  world.file = () => JSON.stringify(tableTo("file"));
  await waiting.serving.look();
  expect(await waiting.version()).toMatch(/^default@file-/);
});

test("other tables are kept up to a number: the one that was named longest ago is loaded anew", async () => {
  for (let index = 0; index < 10; index += 1) {
    const name = `t${index}`;
    await first.repository.put(tableTo("one", { name }), { kind: "absent" }, { by: "test" });
    await first.repository.activate(name, 1, "test");
  }
  const zero = await first.serving.serving("t0");
  for (let index = 1; index < 8; index += 1) await first.serving.serving(`t${index}`);
  expect(await first.serving.serving("t0")).toBe(zero);
  await first.serving.serving("t8");
  await first.serving.serving("t9");
  expect(await first.serving.serving("t0")).toBe(zero);
  await first.serving.look();
  await first.registration.heartbeat();
  const names = (await first.status({ application: "*", machine: "web-0" }))[0]?.tables.map(
    ({ name }) => name,
  );
  expect(names).toEqual(["default", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t0"]);
});
