import { beforeEach, describe, expect, test } from "vitest";
import type { Incoming } from "../../../shared/bus/incoming.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Driver } from "../../../shared/operation/drive.ts";
import { maxOpenOperations, operationId } from "../../../shared/operation/submit.ts";
import { takeMessage } from "../../../shared/operation/take-message.ts";
import { incomingWith } from "../bus/incoming-with.ts";
import { OperationWorld } from "./operation-world.ts";

let world: OperationWorld;
/** Set to make every look at the fleet fail. */
let outage: Error | undefined;

beforeEach(() => {
  world = new OperationWorld();
  outage = undefined;
});

function take(message: Incoming): Promise<void> {
  const { outbox, submissions, log, operations, claims, openList, sendTick, clock } = world;
  const driver = new Driver({
    operations,
    claims,
    openList,
    sendTick,
    clock,
    log,
    readFleet: async () => {
      if (outage) throw outage;
      return world.fleet;
    },
    announce: async () => undefined,
    answerAsker: async () => undefined,
    faults: noFaultPoints,
    tickMs: 1_000,
  });
  return takeMessage({ outbox, submissions, driver, log: world.busLog }, message);
}

const request = (body: object, facts: Partial<Incoming> = {}): Incoming =>
  incomingWith({ body: Buffer.from(JSON.stringify(body)), ...facts });

const asker = { replyTo: "replies", replyToSessionId: "me", correlationId: "c" };
const sentTo = (entity: string) => world.sent.filter((sent) => sent.entity === entity);

describe("a request by message", () => {
  test("begins an operation whose key is the message's own id, and drives it", async () => {
    await take(request({ role: "web" }, { messageId: "m-1" }));
    const stored = await world.operations.header(operationId("web", "m-1"));
    expect(stored?.header).toMatchObject({ state: "running", step: 1, request: { from: "queue" } });
    expect(world.ticks).toMatchObject([{ step: 1, afterMs: 1_000 }]);
  });

  test("prefers the key that it brings along", async () => {
    await take(request({ role: "web", key: "k", from: "deployment" }, { messageId: "m-1" }));
    const stored = await world.operations.header(operationId("web", "k"));
    expect(stored?.header.request.from).toBe("deployment");
  });

  test("tells its asker that it was accepted, in the session that the asker named", async () => {
    await take(request({ role: "web" }, asker));
    expect(sentTo("replies")).toMatchObject([
      {
        message: { subject: "operation.accepted", sessionId: "me", correlationId: "c" },
        body: { kind: "recycle", state: "waiting", roles: ["web"] },
      },
    ]);
  });

  test("for a dry run is answered with the plan, and begins nothing", async () => {
    await take(request({ role: "web", dryRun: true, maxUnavailable: 1 }, asker));
    expect(sentTo("replies")).toMatchObject([
      { message: { subject: "operation.plan" }, body: { dryRun: true, targets: [{ wave: 1 }, { wave: 2 }] } },
    ]);
    expect(world.table.rows()).toEqual([]);
  });

  test("for a dry run that nobody waits for does nothing", async () => {
    await take(request({ role: "web", dryRun: true }));
    expect(world.sent).toEqual([]);
  });
});

describe("a message that can never work", () => {
  test.each<[string, Incoming, string]>([
    ["is not JSON", incomingWith({ body: Buffer.from("recycle!") }), "The message is not JSON"],
    ["is empty", incomingWith({ body: Buffer.alloc(0) }), "The message is not JSON"],
    ["is of no known shape", request({ roel: "web" }), "roel"],
    ["names a role that nobody has", request({ role: "db" }), "No instance has ever registered in role db"],
    [
      "can be told from no other",
      request({ role: "web" }, { messageId: "" }),
      "neither a `key` nor a MessageId",
    ],
    [
      "wants its answer elsewhere",
      request({ role: "web" }, { replyTo: "rejected" }),
      'ReplyTo names "rejected"',
    ],
  ])("because it %s goes to rejected as it came, with the reason", async (_what, message, detail) => {
    await take(message);
    const [rejected] = sentTo("rejected");
    expect(rejected?.message.body).toBe(message.body);
    expect(rejected?.message.applicationProperties).toMatchObject({
      source: "recycle-requests",
      originalMessageId: message.messageId,
      detail: expect.stringContaining(detail),
    });
    expect(world.events).toContain("message.rejected");
    expect(world.table.rows()).toEqual([]);
  });

  test("is told to its asker as a problem", async () => {
    await take(request({ role: "db" }, asker));
    expect(sentTo("replies")).toMatchObject([
      {
        message: { subject: "problem", sessionId: "me" },
        body: { status: 404, type: "urn:interrole:problem:unknown-role" },
      },
    ]);
  });

  test("is told in an answer that a message can hold, however many things are wrong", async () => {
    const instances = Array.from({ length: 20_000 }, () => "!");
    await take(request({ role: "web", instances }, asker));
    const [answer] = sentTo("replies");
    expect(JSON.stringify(answer?.body).length).toBeLessThan(20_000);
  });

  test("under a key that was used for another request says so", async () => {
    await take(request({ role: "web", key: "k" }));
    await take(request({ role: "web", key: "k", tag: "other" }));
    expect(sentTo("rejected")[0]?.message.applicationProperties).toMatchObject({ reason: "key-reused" });
  });
});

describe("a message that fails for now", () => {
  test("comes again as a scheduled copy, and the message itself is completed", async () => {
    await take(request({ role: "web", key: "k" }));
    const [tick] = world.ticks;
    world.sent.length = 0;
    outage = new Error("the table is away");
    await take(request({ ...tick }, { messageId: "t-1" }));
    expect(sentTo("recycle-requests")).toMatchObject([{ body: tick, message: { messageId: "t-1:a1" } }]);
    expect(world.events).toContain("message.postponed");
  });

  test("because too many operations are open comes again too: it is not wrong", async () => {
    for (let number = 0; number < maxOpenOperations; number += 1) await world.openList.add(`open-${number}`);
    await take(request({ role: "web" }, { messageId: "m" }));
    expect(sentTo("recycle-requests")).toMatchObject([{ message: { messageId: "m:a1" } }]);
    expect(sentTo("rejected")).toEqual([]);
  });

  test("is thrown when not even the copy can be sent, so that the broker brings it again", async () => {
    world.busError = new Error("the bus is away");
    await expect(take(request({ role: "web" }))).rejects.toThrow("the bus is away");
  });
});

describe("a tick", () => {
  test("of an operation that was tidied away does nothing", async () => {
    await take(request({ type: "tick", operation: "f".repeat(32), step: 4, id: "i", afterMs: 0 }));
    expect(world.sent).toEqual([]);
    expect(world.ticks).toEqual([]);
  });

  test("of a step that has not come yet is wrong, and comes again later instead of moving anything", async () => {
    await take(request({ role: "web", key: "k" }));
    world.sent.length = 0;
    await take(request({ ...world.ticks[0], step: 7 }));
    expect((await world.operations.header(operationId("web", "k")))?.header.step).toBe(1);
    expect(sentTo("recycle-requests")).toHaveLength(1);
  });

  test("of a step that has passed does nothing, unless it is the very one that moved the operation", async () => {
    await take(request({ role: "web", key: "k" }));
    const [tick] = world.ticks;
    await take(request({ ...tick }));
    await take(request({ ...tick, id: "another" }));
    expect(world.ticks).toHaveLength(2);
    await take(request({ ...tick }));
    expect(world.ticks.map(({ step }) => step)).toEqual([1, 2, 2]);
  });

  test("adds no more to operation time than passed by the broker's clock since the tick before", async () => {
    await take(request({ role: "web", key: "k" }, { enqueuedAtMs: 10_000 }));
    await take(request({ ...world.ticks[0] }, { enqueuedAtMs: 10_250 }));
    const { header } = (await world.operations.header(operationId("web", "k"))) ?? {};
    expect(header).toMatchObject({ step: 2, elapsedMs: 250, tickAtMs: 10_250 });
  });

  test("adds its own delay when it came later than that", async () => {
    await take(request({ role: "web", key: "k" }, { enqueuedAtMs: 10_000 }));
    await take(request({ ...world.ticks[0] }, { enqueuedAtMs: 99_000 }));
    const { header } = (await world.operations.header(operationId("web", "k"))) ?? {};
    expect(header?.elapsedMs).toBe(1_000);
  });
});
