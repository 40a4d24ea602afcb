import { beforeEach, describe, expect, test } from "vitest";
import { InFlight } from "../../../shared/fleet/in-flight.ts";
import { Lifetime, recycleExitCode } from "../../../shared/fleet/lifetime.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import type { Row } from "../../../shared/table/table-store.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock, turn } from "../../support/manual-clock.ts";
import { recordedFleetLog } from "./fleet-log.ts";

const drainMs = 30_000;
/** What the host gets to settle the message that asked for the end. */
const settleMs = 2_000;

class Table extends InMemoryTable {
  fails: Error | undefined;
  override async replace(row: Row, etag: string): Promise<string | undefined> {
    if (this.fails) throw this.fails;
    return await super.replace(row, etag);
  }
}

let table: Table;
let clock: ManualClock;
let inFlight: InFlight;
let lifetime: Lifetime;
let events: string[];
let exitCodes: number[];

beforeEach(async () => {
  table = new Table();
  clock = new ManualClock();
  inFlight = new InFlight();
  exitCodes = [];
  const registration = new Registration(table, { role: "web", instance: "web-0", url: "" });
  await registration.register();
  await registration.setState("ready");
  const recorded = recordedFleetLog(clock);
  events = recorded.events;
  lifetime = new Lifetime({
    registration,
    inFlight,
    clock,
    faults: noFaultPoints,
    log: recorded.log,
    drainMs,
    endWorker: (code) => exitCodes.push(code),
  });
});

const state = () => table.peek("web", "web-0")?.["state"];

describe("draining", () => {
  test("is told to everybody, and to whoever asks this process", async () => {
    expect(lifetime.isDraining).toBe(false);
    await lifetime.drain("a test");
    expect(lifetime.isDraining).toBe(true);
    expect(state()).toBe("draining");
  });

  test("goes on when the table cannot be told", async () => {
    table.fails = new Error("the table is away");
    await lifetime.drain("a test");
    expect(lifetime.isDraining).toBe(true);
    expect(events).toContain("instance.state-unwritten");
  });

  test("ends in serving again when the end was refused", async () => {
    await lifetime.drain("a test");
    await lifetime.resume("it was refused");
    expect(lifetime.isDraining).toBe(false);
    expect(state()).toBe("ready");
  });

  test("asks refused callers to come back in whole seconds", () => {
    expect(lifetime.retryAfterSeconds).toBe(2);
  });
});

describe("the end", () => {
  test("comes with the code that hosts take for a restart on purpose, never 0", async () => {
    const end = lifetime.end("a test");
    await clock.advance(settleMs);
    await end;
    expect(exitCodes).toEqual([recycleExitCode]);
    expect(recycleExitCode).toBe(200);
  });

  test("does not come before the host could settle the message that asked for it", async () => {
    const end = lifetime.end("a test");
    await clock.advance(settleMs - 1);
    expect(exitCodes).toEqual([]);
    await clock.advance(1);
    await end;
    expect(exitCodes).toHaveLength(1);
  });

  test("waits for what is in flight", async () => {
    const leave = inFlight.enter();
    const end = lifetime.end("a test");
    await clock.advance(drainMs - 1);
    expect(exitCodes).toEqual([]);
    leave();
    await end;
    expect(exitCodes).toHaveLength(1);
  });

  test("comes at the deadline, whatever is still in flight", async () => {
    inFlight.enter();
    const end = lifetime.end("a test");
    await clock.advance(drainMs);
    await end;
    expect(exitCodes).toHaveLength(1);
    expect(lifetime.isDraining).toBe(true);
  });
});

describe("in flight", () => {
  test("each is counted out once, however often it leaves", () => {
    const [one, two] = [inFlight.enter(), inFlight.enter()];
    one();
    one();
    expect(inFlight.count).toBe(1);
    two();
    expect(inFlight.count).toBe(0);
  });

  test("everybody who waits for idleness is told, at once when there is nothing", async () => {
    await inFlight.whenIdle();
    const leave = inFlight.enter();
    const told: string[] = [];
    const waiting = ["one", "two"].map(async (name) => {
      await inFlight.whenIdle();
      told.push(name);
    });
    await turn();
    expect(told).toEqual([]);
    leave();
    await Promise.all(waiting);
    expect(told).toEqual(["one", "two"]);
  });
});
