import { beforeEach, describe, expect, test } from "vitest";
import { readInstanceRow, type InstanceRow } from "../../../shared/fleet/instance-row.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import type { Row } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";

/** Loses the answer of the next write, which the SDK then repeats, in vain. */
class LossyTable extends InMemoryTable {
  isLossy = false;
  fails: Error | undefined;

  override async insert(row: Row): Promise<string | undefined> {
    const etag = await super.insert(row);
    return this.#lose() ? undefined : etag;
  }

  override async replace(row: Row, etag: string): Promise<string | undefined> {
    if (this.fails) throw this.fails;
    const written = await super.replace(row, etag);
    return this.#lose() ? undefined : written;
  }

  #lose(): boolean {
    const { isLossy } = this;
    this.isLossy = false;
    return isLossy;
  }
}

let table: LossyTable;

beforeEach(() => {
  table = new LossyTable();
});

const make = () => new Registration(table, { role: "web", instance: "web-0", url: "http://web-0" });

function row(): InstanceRow {
  const stored = table.peek("web", "web-0");
  if (!stored) throw new Error("There is no row");
  return readInstanceRow(stored);
}

async function registered(): Promise<Registration> {
  const registration = make();
  await registration.register();
  return registration;
}

describe("booting", () => {
  test("takes a row that nobody holds, with epoch 1", async () => {
    const registration = make();
    expect(registration.state).toBe("unregistered");
    await registration.register();
    expect(row()).toMatchObject({ incarnation: registration.incarnation, epoch: 1, state: "starting" });
    expect([registration.state, registration.epoch]).toEqual(["starting", 1]);
  });

  test("takes the row over with the next epoch and a new incarnation", async () => {
    const before = await registered();
    await before.setState("ready");
    const after = await registered();
    expect(row()).toMatchObject({
      incarnation: after.incarnation,
      epoch: 2,
      state: "starting",
      heartbeat: 0,
    });
    expect(after.incarnation).not.toBe(before.incarnation);
  });

  test.each(["first", "later"])("finds its own row when the answer of a %s boot was lost", async (which) => {
    if (which === "later") await registered();
    table.isLossy = true;
    const registration = await registered();
    expect(row()).toMatchObject({ incarnation: registration.incarnation, epoch: which === "later" ? 2 : 1 });
    expect(await registration.heartbeat()).toBe("held");
  });

  test("of two processes at once leaves one holder", async () => {
    const [one, two] = [make(), make()];
    await Promise.all([one.register(), two.register()]);
    const holds = [await one.heartbeat(), await two.heartbeat()];
    expect(holds.toSorted()).toEqual(["held", "taken"]);
    expect(row().epoch).toBe(2);
  });
});

describe("the holder", () => {
  test("raises its counter with every write", async () => {
    const registration = await registered();
    await registration.heartbeat();
    await registration.setState("ready");
    expect(row()).toMatchObject({ heartbeat: 2, state: "ready" });
  });

  test("goes on when only the answer of its own write was lost", async () => {
    const registration = await registered();
    table.isLossy = true;
    expect(await registration.setState("ready")).toBe("held");
    expect(registration.state).toBe("ready");
    expect(row()).toMatchObject({ state: "ready" });
  });

  test("writes one after the other: a heartbeat and a change of state do not race", async () => {
    const registration = await registered();
    const all = [registration.heartbeat(), registration.setState("ready"), registration.heartbeat()];
    expect(await Promise.all(all)).toEqual(["held", "held", "held"]);
    expect(row()).toMatchObject({ heartbeat: 3, state: "ready" });
  });

  test("carries a state that could not be written with its next heartbeat", async () => {
    const registration = await registered();
    table.fails = new Error("the table is away");
    await expect(registration.setState("draining")).rejects.toThrow("the table is away");
    expect(row().state).toBe("starting");
    table.fails = undefined;
    await registration.heartbeat();
    expect(row().state).toBe("draining");
  });

  test("cannot write before it has registered", async () => {
    await expect(make().heartbeat()).rejects.toThrow("only after it has registered");
  });
});

describe("a process that was taken over", () => {
  test("finds out with its next write, changes nothing, and is passive for good", async () => {
    const old = await registered();
    await old.setState("ready");
    const holder = await registered();
    expect(await old.heartbeat()).toBe("taken");
    expect(await old.setState("ready")).toBe("taken");
    expect(old.state).toBe("passive");
    expect(row()).toMatchObject({ incarnation: holder.incarnation, state: "starting" });
    const writes = table.writes;
    await old.heartbeat();
    expect(table.writes).toBe(writes);
  });

  test("is passive too when its row was removed", async () => {
    const registration = await registered();
    await table.remove({ partitionKey: "web", rowKey: "web-0" }, row().etag);
    expect(await registration.heartbeat()).toBe("taken");
  });
});

test("the next write says which routing tables serve, and a boot begins with none", async () => {
  const registration = await registered();
  registration.setTables("[1]");
  expect(row().tables).toBe("");
  await registration.heartbeat();
  expect(row().tables).toBe("[1]");
  await registration.setState("ready");
  expect(row().tables).toBe("[1]");
  await registered();
  expect(row().tables).toBe("");
});
