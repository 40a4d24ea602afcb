import { beforeEach, describe, expect, test } from "vitest";
import { BusError, Outbox, type BusClient } from "../../../shared/bus/outbox.ts";
import { busClient, type Sent } from "../../support/bus-client.ts";
import { ManualClock, turn } from "../../support/manual-clock.ts";

let sent: Sent[];
let failure: Error | undefined;
let outbox: Outbox;
let opened: string[];

/** The client of the tests, with the links that were opened. */
function recordingClient(): BusClient {
  const client = busClient((one) => {
    if (failure) throw failure;
    sent.push(one);
  });
  return {
    createSender: (entity) => {
      opened.push(entity);
      const sender = client.createSender(entity);
      return {
        ...sender,
        createMessageBatch: async () => {
          if (failure) throw failure;
          return await sender.createMessageBatch();
        },
      };
    },
    close: () => client.close(),
  };
}

beforeEach(() => {
  sent = [];
  opened = [];
  failure = undefined;
  outbox = new Outbox(recordingClient, new ManualClock());
});

describe("sending", () => {
  test("gives up on an answer that does not come, and says so", async () => {
    const clock = new ManualClock();
    const silent = busClient(() => new Promise(() => undefined));
    const waiting = new Outbox(() => silent, clock);
    const refused = waiting.send("control", { body: 1, messageId: "m" }).catch((error: unknown) => error);
    await clock.advance(20_000);
    const error = await refused;
    expect(error).toBeInstanceOf(BusError);
    expect(error).toMatchObject({
      message: "Service Bus did not take the message: no answer within 20 s",
      mayArrive: true,
    });
    expect(waiting.health).toEqual({ ok: false, reason: "no answer within 20 s" });
  });

  test("on a link that cannot be opened in time leaves nothing that goes out later", async () => {
    const clock = new ManualClock();
    let openLate = () => {};
    const opening = new Promise<void>((resolve) => (openLate = resolve));
    const client = busClient((one) => void sent.push(one));
    const away: BusClient = {
      ...client,
      createSender: (entity) => ({ ...client.createSender(entity), createMessageBatch: () => opening }),
    };
    const refused = new Outbox(() => away, clock)
      .send("control", { body: 1, messageId: "m" })
      .catch((error: unknown) => error);
    await clock.advance(8_000);
    expect(await refused).toMatchObject({ mayArrive: false });
    openLate();
    await turn();
    expect(sent).toEqual([]);
  });

  test("goes through another client when one has not answered in time, which is closed", async () => {
    const clock = new ManualClock();
    const made: string[] = [];
    const outcomes = [() => new Promise<void>(() => undefined), () => Promise.resolve()];
    const outbox = new Outbox(() => {
      const take = outcomes[made.length] ?? (() => Promise.resolve());
      made.push("open");
      const index = made.length - 1;
      const close = async () => void (made[index] = "closed");
      return { ...busClient(take), close };
    }, clock);
    const first = outbox.send("control", { body: 1, messageId: "m" });
    const second = outbox.send("control", { body: 2, messageId: "n" });
    const refused = Promise.allSettled([first, second]);
    await clock.advance(20_000);
    expect((await refused).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await outbox.send("control", { body: 1, messageId: "m" });
    expect(made).toEqual(["closed", "open"]);
    expect(outbox.health).toEqual({ ok: true });
  });

  test("makes the body JSON text, and says so", async () => {
    await outbox.send("control", { body: { a: "ü" }, messageId: "m", subject: "s", sessionId: "q" });
    expect(sent[0]?.message).toEqual({
      body: Buffer.from('{"a":"ü"}'),
      contentType: "application/json",
      messageId: "m",
      subject: "s",
      sessionId: "q",
    });
  });

  test("schedules what is to come later", async () => {
    await outbox.send("control", { body: 1, messageId: "m", delayMs: 1_500 });
    await outbox.send("control", { body: 1, messageId: "m", delayMs: 0 });
    expect(sent[0]?.message.scheduledEnqueueTimeUtc).toEqual(new Date("2026-01-01T00:00:01.500Z"));
    expect(sent[1]?.message).not.toHaveProperty("scheduledEnqueueTimeUtc");
  });

  test("passes a body on as it is", async () => {
    const body = Buffer.from([1, 2, 255]);
    await outbox.sendRaw("rejected", body, { messageId: "m" }, 1_000);
    expect(sent[0]?.message.body).toBe(body);
    expect(sent[0]?.message.scheduledEnqueueTimeUtc).toEqual(new Date("2026-01-01T00:00:01.000Z"));
  });

  test("uses one link for each entity", async () => {
    await outbox.open("control");
    await outbox.send("control", { body: 1, messageId: "m" });
    await outbox.send("replies", { body: 1, messageId: "m" });
    expect(opened).toEqual(["control", "replies"]);
  });

  test("that fails throws an error of its own, with the cause", async () => {
    failure = new Error("the link is down");
    const error: unknown = await outbox
      .send("control", { body: 1, messageId: "m" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BusError);
    expect(error).toMatchObject({ cause: failure });
  });
});

describe("health", () => {
  test("is what the last use of the bus showed", async () => {
    expect(outbox.health).toEqual({ ok: false, reason: "not connected yet" });
    await outbox.open("control");
    expect(outbox.health).toEqual({ ok: true });
    failure = new Error("the link is down");
    await outbox.send("control", { body: 1, messageId: "m" }).catch(() => undefined);
    expect(outbox.health).toEqual({ ok: false, reason: "the link is down" });
  });

  test("comes back with the bus, without anything to send", async () => {
    failure = new Error("the link is down");
    await outbox.open("control").catch(() => undefined);
    outbox.probe("control");
    await turn();
    expect(outbox.health.ok).toBe(false);
    failure = undefined;
    outbox.probe("control");
    await turn();
    expect(outbox.health.ok).toBe(true);
  });
});
