import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { Directory } from "../../../shared/fleet/directory.ts";
import { Heartbeat } from "../../../shared/fleet/heartbeat.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import { startInstance, stopInstance } from "../../../shared/fleet/startup.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { busClient } from "../../support/bus-client.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { recordedFleetLog } from "./fleet-log.ts";

const heartbeatMs = 1_000;
/** Longer than all attempts with all their delays. */
const longMs = 120_000;

/** Counts down to success: so many calls fail. */
class Flaky {
  failures = 0;
  calls = 0;
  async act(): Promise<void> {
    this.calls += 1;
    this.failures -= 1;
    if (this.failures >= 0) throw new Error("not yet");
  }
}

let table: InMemoryTable;
let clock: ManualClock;
let registration: Registration;
let heartbeat: Heartbeat;
let events: string[];
let exitCodes: number[];
let creating: Flaky;
let tellingBack: Flaky;
let preparedIn: string[];
let parts: Parameters<typeof startInstance>[0];

beforeEach(() => {
  table = new InMemoryTable();
  clock = new ManualClock();
  exitCodes = [];
  creating = new Flaky();
  tellingBack = new Flaky();
  preparedIn = [];
  const recorded = recordedFleetLog(clock);
  events = recorded.events;
  registration = new Registration(table, { role: "web", instance: "web-0", url: "" });
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
    onBeat: async () => undefined,
    onReaped: () => undefined,
    onHolderLost: () => undefined,
  });
  parts = {
    tables: {
      instances: { ensure: () => creating.act() },
      operations: { ensure: async () => undefined },
      sessions: { ensure: async () => undefined },
      mailboxes: { ensure: async () => undefined },
      counters: { ensure: async () => undefined },
      routing: { ensure: async () => undefined },
      routedMessages: { ensure: async () => undefined },
    },
    outbox: new Outbox(() => busClient(() => undefined), clock),
    registration,
    heartbeat,
    targetSide: { tellBack: () => tellingBack.act() },
    clock,
    faults: noFaultPoints,
    logs: { fleet: recorded.log },
    prepare: async () => void preparedIn.push(registration.state),
    endWorker: (code) => exitCodes.push(code),
  };
});

afterEach(() => heartbeat.stop());

async function start(): Promise<void> {
  const started = startInstance(parts);
  await clock.advance(longMs);
  await started;
}

describe("starting", () => {
  test("registers, reaches the bus, becomes ready and beats, in this order", async () => {
    await start();
    expect(events.filter((event) => event !== "instance.lost")).toEqual([
      "instance.registered",
      "instance.ready",
    ]);
    expect(registration.state).toBe("ready");
    expect(parts.outbox.health.ok).toBe(true);
    expect(Number(table.peek("web", "web-0")?.["heartbeat"])).toBeGreaterThan(longMs / heartbeatMs);
    expect(tellingBack.calls).toBe(1);
    expect(exitCodes).toEqual([]);
  });

  test("prepares before it says that it is ready", async () => {
    await start();
    expect(preparedIn).toEqual(["starting"]);
  });

  test("tries again when a service is not there yet", async () => {
    creating.failures = 7;
    await start();
    expect(registration.state).toBe("ready");
    expect(events.filter((event) => event === "instance.start-retry")).toHaveLength(7);
  });

  test("gives up after eight attempts, with a code that the host counts as an error", async () => {
    creating.failures = 8;
    await start();
    expect(exitCodes).toEqual([1]);
    expect(creating.calls).toBe(8);
    expect(registration.state).toBe("unregistered");
  });

  test("does not give up because operations could not be told that the instance is back", async () => {
    tellingBack.failures = 1;
    await start();
    expect(registration.state).toBe("ready");
    expect(exitCodes).toEqual([]);
    expect(events).toContain("instance.back-untold");
  });
});

describe("stopping", () => {
  const stop = () => stopInstance(parts);

  test("says that the instance drains, and no more beats come", async () => {
    await start();
    await stop();
    expect(table.peek("web", "web-0")?.["state"]).toBe("draining");
    expect(clock.waiting).toBe(0);
    expect(events.at(-1)).toBe("instance.stopped");
  });

  test("says nothing in the place of the process that took over", async () => {
    await start();
    await new Registration(table, { role: "web", instance: "web-0", url: "" }).register();
    await registration.heartbeat();
    await stop();
    expect(table.peek("web", "web-0")?.["state"]).toBe("starting");
  });
});
