import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebCounter } from "../../shared/counter/web-counter.ts";
import { startTestFleet, type TestFleet } from "../support/fleet.ts";

let world: TestFleet;
let bus: ServiceBusClient;

beforeAll(async () => {
  world = await startTestFleet({ instances: "web=1" });
  bus = new ServiceBusClient(world.fleet.serviceBus);
  await world.fleet.waitReady(45_000);
});

afterAll(async () => {
  await bus.close();
  await world[Symbol.asyncDispose]();
});

async function call(method: string, path: string, more: { key?: string; body?: object } = {}) {
  const response = await fetch(`${world.fleet.instance("web-0").url}/api/counters${path}`, {
    method,
    headers: {
      ...(more.key === undefined ? {} : { "idempotency-key": more.key }),
      "content-type": "application/json",
    },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  const body: unknown = await response.json();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
}

/** Sends a message to the queue of requests twice, as one who is not sure does, and gives the two answers. */
async function ask(body: object): Promise<{ subject: string | undefined; body: unknown }[]> {
  const sessionId = randomUUID();
  const message = {
    body,
    messageId: sessionId,
    correlationId: "c",
    replyTo: "replies",
    replyToSessionId: sessionId,
  };
  const sender = bus.createSender("counter-requests");
  await sender.sendMessages([message, message]);
  await sender.close();
  const session = await bus.acceptSession("replies", sessionId, { receiveMode: "receiveAndDelete" });
  const answers: { subject: string | undefined; body: unknown }[] = [];
  while (answers.length < 2) {
    const come = await session.receiveMessages(2, { maxWaitTimeInMs: 30_000 });
    if (come.length === 0) throw new Error("No answer came");
    for (const { subject, body: given, correlationId } of come) {
      expect(correlationId).toBe("c");
      answers.push({ subject, body: Buffer.isBuffer(given) ? JSON.parse(given.toString()) : given });
    }
  }
  await session.close();
  return answers;
}

describe("a counter over HTTP", () => {
  test("counts from 1, in one or many, and goes on behind what it was reset to", async () => {
    expect(await call("GET", "/shop/orders")).toMatchObject({ status: 404 });
    const name = { context: "shop", counter: "orders" };
    expect(await call("POST", "/shop/orders/next")).toMatchObject({
      status: 200,
      body: { ...name, value: "1", last: "1", count: 1, epoch: 1 },
    });
    expect((await call("POST", "/shop/orders/next?count=5")).body).toMatchObject({ value: "2", last: "6" });
    expect((await call("PUT", "/shop/orders", { body: { value: "7" } })).body).toEqual({
      ...name,
      value: "7",
      epoch: 2,
    });
    expect((await call("POST", "/shop/orders/next?mode=block")).body).toMatchObject({ value: "8", epoch: 2 });
    const large = "9223372036854775800";
    await call("PUT", "/shop/large", { body: { value: large } });
    expect((await call("POST", "/shop/large/next")).body).toMatchObject({ value: "9223372036854775801" });
    expect((await call("GET", "/shop/large")).body).toMatchObject({ value: "9223372036854775801", epoch: 2 });
  });

  test("gives the same number for the same key, and keeps names with slashes apart", async () => {
    const [first, again] = [
      await call("POST", "/a%2Fb/c/next", { key: "k" }),
      await call("POST", "/a%2Fb/c/next", { key: "k" }),
    ];
    expect(again).toEqual(first);
    expect(first.body).toMatchObject({ context: "a/b", counter: "c", value: "1" });
    expect((await call("POST", "/a/b%2Fc/next")).body).toMatchObject({
      context: "a",
      counter: "b/c",
      value: "1",
    });
    expect(await call("POST", "/a%2Fb/c/next?count=2", { key: "k" })).toMatchObject({ status: 422 });
  });

  test("says what is wrong with a request, and takes nothing", async () => {
    const [before, ...wrong] = [
      await call("POST", "/shop/wrong/next"),
      await call("POST", "/shop/wrong/next?mode=loose"),
      await call("POST", "/shop/wrong/next?count=0"),
      await call("POST", "/shop/wrong/next?count=10001"),
      await call("PUT", "/shop/wrong", { body: { value: "1.5" } }),
      await call("PUT", "/shop/wrong", { body: { value: "9223372036854775808" } }),
      await call("PUT", "/shop/wrong", { body: {} }),
      await call("POST", `/${"x".repeat(100)}/${"y".repeat(40)}/next`),
    ];
    expect(wrong.map(({ status }) => status)).toEqual(wrong.map(() => 400));
    expect(before.body).toMatchObject({ value: "1" });
    await call("PUT", "/shop/wrong", { body: { value: "9223372036854775806" } });
    expect(await call("POST", "/shop/wrong/next?count=2")).toMatchObject({ status: 409 });
    expect((await call("POST", "/shop/wrong/next")).body).toMatchObject({ value: "9223372036854775807" });
  });

  test("is listed from its first use", async () => {
    await call("POST", "/listed/one/next");
    await expect
      .poll(async () => (await call("GET", "?pageSize=1000")).body)
      .toMatchObject({ counters: expect.arrayContaining([{ context: "listed", counter: "one" }]) });
  });
});

test("a counter as a library and over HTTP is one counter", async () => {
  await using orders = new WebCounter(world.fleet.serviceBus, "shop", "both");
  expect(await orders.getNext()).toMatchObject({ value: 1n });
  expect((await call("POST", "/shop/both/next")).body).toMatchObject({ value: "2" });
  expect(await orders.getNext()).toMatchObject({ value: 3n });
});

describe("a message on counter-requests", () => {
  test("is answered where its ReplyTo says, and as often as it comes with the same number", async () => {
    const request = { context: "shop", counter: "by-message", count: 2 };
    const answer = { subject: "counter.next", body: { ...request, value: "1", last: "2", epoch: 1 } };
    expect(await ask(request)).toEqual([answer, answer]);
    const [reset] = await ask({ type: "reset", context: "shop", counter: "by-message", value: "41" });
    expect(reset).toMatchObject({ subject: "counter.reset", body: { value: "41", epoch: 2 } });
    expect((await ask({ context: "shop", counter: "by-message" }))[0]?.body).toMatchObject({ value: "42" });
  });

  test("that is wrong is answered with the problem", async () => {
    const [answer] = await ask({ context: "shop", counter: "by-message", count: 0 });
    expect(answer).toMatchObject({ subject: "problem", body: { status: 400 } });
  });
});
