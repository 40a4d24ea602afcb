import { beforeEach, describe, expect, test } from "vitest";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Driver } from "../../../shared/operation/drive.ts";
import type { Header } from "../../../shared/operation/header.ts";
import type { TickMessage } from "../../../shared/operation/message.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { headerWith, member, operation, second, target } from "./header-with.ts";
import { OperationWorld } from "./operation-world.ts";

const tickMs = 1_000;

let world: OperationWorld;
/** What was sent, in order, each with the step at which the stored header was by then. */
let sent: string[];

beforeEach(() => {
  world = new OperationWorld();
  sent = [];
});

async function note(what: string): Promise<void> {
  const stored = await world.operations.header(operation);
  sent.push(`${what} at step ${stored?.header.step}`);
}

function driver(operations: OperationRepository = world.operations): Driver {
  const { claims, openList, clock, log } = world;
  return new Driver({
    operations,
    claims,
    openList,
    clock,
    log,
    tickMs,
    faults: noFaultPoints,
    readFleet: async () => world.fleet,
    announce: () => note("announced"),
    sendTick: ({ step, afterMs }, delayMs) => note(`tick for step ${step} after ${afterMs} of ${delayMs} ms`),
    answerAsker: ({ state }) => note(`answered ${state}`),
  });
}

const tick = (step: number, id = "tick-1"): TickMessage => ({
  type: "tick",
  operation,
  step,
  id,
  afterMs: tickMs,
});

async function begin(facts: Parameters<typeof headerWith>[0]): Promise<void> {
  await world.openList.add(operation);
  await world.operations.insert(headerWith(facts));
}

const nextTick = (step: number): string =>
  `tick for step ${step} after ${tickMs} of ${tickMs} ms at step ${step}`;
const pending = { step: 4, targets: [target("web-0"), target("web-1")] };

describe("a move", () => {
  test("is written first; only then its wave is told, and the next tick sent", async () => {
    await begin(pending);
    await driver().drive(tick(4));
    expect(sent).toEqual(["announced at step 5", nextTick(5)]);
  });

  test("that tells nobody anything new only sends the next tick", async () => {
    await begin({ step: 4, targets: [target("web-0", { wave: 1, releasedAtMs: 0, underwayAtMs: 0 })] });
    await driver().drive(tick(4));
    expect(sent).toEqual([nextTick(5)]);
  });

  test("that was written and not told is told when its tick comes again", async () => {
    await begin(pending);
    await driver().drive(tick(4));
    await driver().drive(tick(4));
    expect(sent).toEqual(["announced at step 5", nextTick(5), "announced at step 5", nextTick(5)]);
  });

  test("that another driver made first leaves nothing to send", async () => {
    class Overtaken extends OperationRepository {
      override async swap(header: Header, etag: string): Promise<boolean> {
        await super.swap({ ...header, movedBy: "another" }, etag);
        return await super.swap(header, etag);
      }
    }
    await begin(pending);
    await driver(new Overtaken(world.table)).drive(tick(4));
    expect(sent).toEqual([]);
  });

  test("fixes at its beginning who is meant: the instances of its roles, in the life that they are in", async () => {
    await begin({ state: "waiting", step: 0, request: { instances: ["web-1", "web-2"] } });
    world.fleet = [
      member("web-0"),
      member("web-1", { incarnation: second("web-1") }),
      member("api-0", { role: "api" }),
    ];
    await driver().drive(tick(0));
    const stored = await world.operations.header(operation);
    expect(stored?.header).toMatchObject({
      state: "running",
      step: 1,
      targets: [{ instance: "web-1", role: "web", incarnation: second("web-1") }],
    });
    expect(stored?.header.targets).toHaveLength(1);
  });

  test("of an operation that waits for its role only counts the time", async () => {
    await world.operations.insert(headerWith({ id: "other" }));
    await world.claims.take("other", ["web"]);
    await begin({ state: "waiting", step: 4 });
    await driver().drive(tick(4));
    expect((await world.operations.header(operation))?.header).toMatchObject({
      state: "waiting",
      elapsedMs: tickMs,
    });
    expect(sent).toEqual([nextTick(5)]);
  });
});

describe("the end", () => {
  const done = { step: 4, targets: [target("web-0", { outcome: { state: "recycled" } })] };

  test("gives the role back, tells the asker and takes the operation off the list, in this order", async () => {
    await begin(done);
    await world.claims.take(operation, ["web"]);
    await driver().drive(tick(4));
    expect(sent).toEqual(["answered succeeded at step 5"]);
    expect(world.table.rows("open")).toEqual([]);
    expect((await world.operations.header(operation))?.header.endedAt).toBe("2026-01-01T00:00:00.000Z");
  });

  test("gives the role back even when the asker cannot be told; that is done with the next tick", async () => {
    await begin(done);
    await world.claims.take(operation, ["web"]);
    const { claims, operations, openList, clock, log } = world;
    const unheard = new Driver({
      operations,
      claims,
      openList,
      clock,
      log,
      tickMs,
      faults: noFaultPoints,
      readFleet: async () => world.fleet,
      announce: async () => undefined,
      sendTick: async () => undefined,
      answerAsker: () => Promise.reject(new Error("the bus is away")),
    });
    await expect(unheard.drive(tick(4))).rejects.toThrow("the bus is away");
    expect(await openList.list()).toEqual([operation]);
    expect(await claims.take("two", ["web"])).toBe(true);
    await driver().drive(tick(5, "tick-2"));
    expect(sent).toEqual(["answered succeeded at step 5"]);
    expect(await openList.has(operation)).toBe(false);
  });

  test("is told once more at most: a tick that comes after it is off the list tells nobody", async () => {
    await begin(done);
    await driver().drive(tick(4));
    await driver().drive(tick(4));
    await driver().drive(tick(5, "tick-2"));
    expect(sent).toHaveLength(1);
  });
});

test("a driver that is always overtaken leaves the tick to be brought again", async () => {
  await begin(pending);
  let swaps = 0;
  class Contended extends OperationRepository {
    override async swap(): Promise<boolean> {
      swaps += 1;
      return false;
    }
  }
  await expect(driver(new Contended(world.table)).drive(tick(4))).rejects.toThrow(
    "changed 50 times under this driver",
  );
  expect(swaps).toBe(50);
});
