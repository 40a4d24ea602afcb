import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Directory } from "../../../shared/fleet/directory.ts";
import { Heartbeat } from "../../../shared/fleet/heartbeat.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import type { Row } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { recordedFleetLog } from "./fleet-log.ts";

const heartbeatMs = 1_000;
/** Surely past one beat and its jitter. */
const oneBeatMs = 1_000;

class Table extends InMemoryTable {
  fails: Error | undefined;
  override async replace(row: Row, etag: string): Promise<string | undefined> {
    if (this.fails) throw this.fails;
    return await super.replace(row, etag);
  }
}

let table: Table;
let clock: ManualClock;
let registration: Registration;
let heartbeat: Heartbeat;
let events: string[];
let looks: number;
let watchError: Error | undefined;
let endings: number;

const identity = { role: "web", instance: "web-0", url: "http://web-0" };

beforeEach(async () => {
  table = new Table();
  clock = new ManualClock();
  registration = new Registration(table, identity);
  await registration.register();
  const recorded = recordedFleetLog(clock);
  events = recorded.events;
  looks = 0;
  endings = 0;
  watchError = undefined;
  heartbeat = new Heartbeat({
    registration,
    directory: new Directory(table, clock, {
      heartbeatMs,
      self: registration.incarnation,
      onUnreadable: () => undefined,
    }),
    clock,
    log: recorded.log,
    heartbeatMs,
    onBeat: async () => {
      looks += 1;
      if (watchError) throw watchError;
    },
    onReaped: () => {
      endings += 1;
    },
    onHolderLost: () => {
      endings += 1;
    },
  });
});

afterEach(() => heartbeat.stop());

const beats = () => Number(table.peek("web", "web-0")?.["heartbeat"]);

test("beats a little more often than it must, and looks after open work at every beat", async () => {
  heartbeat.start();
  await clock.advance(10 * heartbeatMs);
  expect(beats()).toBeGreaterThan(10);
  expect(beats()).toBeLessThan(18);
  expect(looks).toBeGreaterThan(10);
});

test("stops when it is told to, and is then at rest", async () => {
  heartbeat.start();
  await clock.advance(heartbeatMs);
  await heartbeat.stop();
  const before = beats();
  await clock.advance(10 * heartbeatMs);
  expect(beats()).toBe(before);
  expect(clock.waiting).toBe(0);
});

test("a look that fails does not end the beats, nor the looks", async () => {
  watchError = new Error("no");
  heartbeat.start();
  await clock.advance(3 * heartbeatMs);
  expect(beats()).toBeGreaterThan(2);
  expect(looks).toBeGreaterThan(2);
  expect(events).toContain("instance.watch-failed");
});

test("is fresh until no beat has reached the table for three intervals, and again after the next", async () => {
  heartbeat.start();
  await clock.advance(oneBeatMs);
  expect(heartbeat.isFresh).toBe(true);
  table.fails = new Error("the table is away");
  await clock.advance(5 * heartbeatMs);
  expect(heartbeat.isFresh).toBe(false);
  expect(events).toContain("instance.heartbeat-failed");
  table.fails = undefined;
  await clock.advance(oneBeatMs);
  expect(heartbeat.isFresh).toBe(true);
});

test("says once that another instance is lost, and again when its next life is", async () => {
  const other = () => new Registration(table, { role: "web", instance: "web-1", url: "" });
  await other().register();
  heartbeat.start();
  await clock.advance(10 * heartbeatMs);
  expect(events.filter((event) => event === "instance.lost")).toHaveLength(1);
  await other().register();
  await clock.advance(10 * heartbeatMs);
  expect(events.filter((event) => event === "instance.lost")).toHaveLength(2);
});

describe("a process that was taken over", () => {
  let holder: Registration;

  beforeEach(async () => {
    heartbeat.start();
    await clock.advance(oneBeatMs);
    holder = new Registration(table, identity);
    await holder.register();
  });

  test("goes passive, says so once, and stays while the holder lives", async () => {
    for (let beat = 0; beat < 10; beat += 1) {
      await holder.heartbeat();
      await clock.advance(heartbeatMs);
    }
    expect(registration.state).toBe("passive");
    expect(events.filter((event) => event === "instance.passive")).toHaveLength(1);
    expect(endings).toBe(0);
  });

  test("ends when the holder is lost, so that it boots with a new incarnation", async () => {
    await clock.advance(2 * heartbeatMs);
    expect(endings).toBe(0);
    await clock.advance(3 * heartbeatMs);
    expect(endings).toBeGreaterThan(0);
  });

  test("ends when the row is gone", async () => {
    await clock.advance(oneBeatMs);
    await table.remove({ partitionKey: "web", rowKey: "web-0" }, table.peek("web", "web-0")?.etag ?? "");
    await clock.advance(oneBeatMs);
    expect(endings).toBeGreaterThan(0);
  });
});
