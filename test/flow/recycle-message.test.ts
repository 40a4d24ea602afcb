import { randomUUID } from "node:crypto";
import type { ServiceBusMessage } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { statesOf } from "../support/operations.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;

beforeAll(async () => {
  fleet = await RecycleFleet.start({ instances: "web-0,api-0" });
});

afterAll(() => fleet[Symbol.asyncDispose]());

async function send(entity: string, ...messages: ServiceBusMessage[]): Promise<void> {
  const sender = fleet.bus.createSender(entity);
  try {
    for (const message of messages) await sender.sendMessages(message);
  } finally {
    await sender.close();
  }
}

const accepted = z.object({ id: z.string(), state: z.string() });
const problem = z.object({ type: z.string(), detail: z.string(), status: z.number() });

/** The one answer that a workflow gets on a session of `replies`: its kind and its body. */
async function answer<T>(sessionId: string, schema: z.ZodType<T>): Promise<[kind: string, body: T]> {
  const [first] = await answers(sessionId, 1, schema);
  return first!;
}

/** So many answers on a session of `replies`. */
async function answers<T>(
  sessionId: string,
  count: number,
  schema: z.ZodType<T>,
): Promise<[kind: string, body: T][]> {
  const session = await fleet.bus.acceptSession("replies", sessionId, { receiveMode: "receiveAndDelete" });
  try {
    const taken: [string, T][] = [];
    while (taken.length < count) {
      const messages = await session.receiveMessages(1, { maxWaitTimeInMs: 30_000 });
      if (messages.length === 0)
        throw new Error(`${taken.length} of ${count} answers came: ${JSON.stringify(taken)}`);
      for (const { subject, body } of messages) {
        taken.push([subject ?? "", schema.parse(Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body)]);
      }
    }
    return taken;
  } finally {
    await session.close();
  }
}

describe("a request to recycle, as a message on recycle-requests", () => {
  test("is done, and answered when it has begun and when it has ended", async () => {
    const sessionId = randomUUID();
    const message = {
      body: { role: "web", instances: ["web-0"], from: "workflow-1", tag: "nightly" },
      messageId: randomUUID(),
      replyTo: "replies",
      replyToSessionId: sessionId,
    };
    // Sent twice, as a workflow that is not sure does: it is one request.
    await send("recycle-requests", message, message);
    const told = await answers(sessionId, 3, accepted);
    const kinds = told.map(([kind]) => kind);
    expect(kinds.filter((kind) => kind === "operation.accepted").length).toBeGreaterThanOrEqual(1);
    const [, ended] =
      told.find(([kind]) => kind === "operation.ended") ?? (await answer(sessionId, accepted));
    expect(ended.state).toBe("succeeded");
    expect(new Set(told.map(([, { id }]) => id))).toEqual(new Set([ended.id]));
    const operation = await fleet.api().untilEnded(ended.id);
    expect(operation).toMatchObject({ from: "workflow-1", tag: "nightly" });
    expect(statesOf(operation)).toEqual({ "web-0": "recycled" });
    expect(fleet.counts("recycle.acknowledged", ended.id)).toEqual({ "web-0": 1 });
    await fleet.ready();
  });

  test("as a dry run is answered with the plan, and does nothing", async () => {
    const before = await fleet.incarnations("web");
    const sessionId = randomUUID();
    const body = { role: "*", dryRun: true };
    await send("recycle-requests", {
      body,
      messageId: randomUUID(),
      replyTo: "replies",
      replyToSessionId: sessionId,
    });
    const plan = z.object({ targets: z.array(z.object({ instance: z.string() })) });
    const [kind, { targets }] = await answer(sessionId, plan);
    expect(kind).toBe("operation.plan");
    expect(targets.map(({ instance }) => instance)).toEqual(["api-0", "web-0"]);
    expect(await fleet.incarnations("web")).toEqual(before);
  });
});

describe("a message that can never be used", () => {
  const wrong: [what: string, body: unknown, detail: RegExp][] = [
    ["no JSON", "{recycle", /not JSON/],
    [
      "an unknown role",
      { role: "nobody" },
      /No instance has ever registered in role nobody; known roles: api, web/,
    ],
    ["nothing to do", { type: "recycle" }, /role/],
    [
      "nobody away at once",
      { role: "web", maxUnavailable: 0 },
      /maxUnavailable: must be a whole number from 1/,
    ],
    ["a field that does not exist", { role: "web", maxUnavailabel: 1 }, /maxUnavailabel/],
    ["a tick that is none", { type: "tick", operation: 7 }, /operation/],
    ["nesting without end", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, /nested|deep|JSON|object/i],
  ];

  test.each(wrong)(
    "on recycle-requests goes to `rejected` with its reason: %s",
    async (_what, body, detail) => {
      const messageId = randomUUID();
      const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      const sessionId = randomUUID();
      await send("recycle-requests", {
        body: bytes,
        messageId,
        replyTo: "replies",
        replyToSessionId: sessionId,
      });
      const { applicationProperties, body: kept } = await fleet.rejected();
      expect(applicationProperties).toMatchObject({
        source: "recycle-requests",
        originalMessageId: messageId,
      });
      expect(applicationProperties?.["detail"]).toMatch(detail);
      expect(Buffer.from(kept).toString()).toBe(bytes.toString());
      const [kind, { detail: told }] = await answer(sessionId, problem);
      expect([kind, told]).toEqual(["problem", applicationProperties?.["detail"]]);
    },
  );

  test("because it wants its answer where answers do not go is told so on `rejected` alone", async () => {
    await send("recycle-requests", { body: { role: "web" }, messageId: randomUUID(), replyTo: "rejected" });
    const { applicationProperties } = await fleet.rejected();
    expect(applicationProperties?.["detail"]).toMatch(
      /ReplyTo names "rejected", which takes no answers; allowed: "replies"/,
    );
  });

  test("on control goes to `rejected`, too, once from each instance that got it", async () => {
    await send("control", {
      body: { type: "explode" },
      messageId: randomUUID(),
      applicationProperties: { role: "*" },
    });
    const both = [await fleet.rejected(), await fleet.rejected()];
    for (const { applicationProperties, body } of both) {
      expect(applicationProperties).toMatchObject({ source: "control", role: "*" });
      expect(applicationProperties?.["detail"]).toMatch(/type/);
      expect(JSON.parse(Buffer.from(body).toString())).toEqual({ type: "explode" });
    }
  });

  test("does not stop the next one", async () => {
    expect(await fleet.leftovers()).toEqual([]);
    const id = await fleet.api().begin("web", { instances: ["web-0"] });
    expect(statesOf(await fleet.api().untilEnded(id))).toEqual({ "web-0": "recycled" });
  });
});
