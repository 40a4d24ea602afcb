import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { startFixture, type FixtureHost, type FixtureOptions } from "../../support/host.ts";

const bus = await openBus();
afterAll(() => bus.close());

describe("triggers of an app whose worker comes and goes", () => {
  let queues: { readonly IN: string; readonly OUT: string; readonly PASS: string };
  let fixture: FixtureHost;

  beforeEach(async () => {
    queues = { IN: await bus.queue(), OUT: await bus.queue(), PASS: await bus.queue() };
  });

  afterEach(() => fixture[Symbol.asyncDispose]());

  async function start(options: FixtureOptions = {}, env: Record<string, string> = {}): Promise<void> {
    fixture = await startFixture("bus", {
      ...options,
      env: { Bus: bus.connectionString, OFTEN: "0 0 0 1 1 *", ...queues, ...env },
    });
  }

  async function send(queue: string, ...bodies: string[]): Promise<void> {
    await bus.client.createSender(queue).sendMessages(bodies.map((body) => ({ body })));
  }

  function taken(body: string): number[] {
    const seen = fixture.lines.flatMap((line) => (line.startsWith('{"take"') ? [JSON.parse(line)] : []));
    return seen.filter(({ take }) => take === body).map(({ deliveryCount }) => Number(deliveryCount));
  }

  async function isEmpty(queue: string): Promise<boolean> {
    const receiver = bus.client.createReceiver(queue);
    const messages = await receiver.peekMessages(1);
    await receiver.close();
    return messages.length === 0;
  }

  test("a message whose worker died is delivered again to the next one", async () => {
    await start();
    await send(queues.IN, "die");
    await fixture.untilLine(JSON.stringify({ done: "die" }));
    expect(taken("die")).toEqual([1, 2]);
    await eventually(() => isEmpty(queues.IN));
  });

  test("a message that ran too long costs its worker, and is delivered again", async () => {
    await start({}, { AzureFunctionsJobHost__functionTimeout: "00:00:01" });
    const pid = fixture.host.workerPid;
    await send(queues.IN, "hang");
    await fixture.untilLine(JSON.stringify({ done: "hang" }));
    expect(taken("hang")).toEqual([1, 2]);
    expect(fixture.host.workerPid).not.toBe(pid);
  });

  test("no message is lost while the worker is restarted again and again, on purpose", async () => {
    await start();
    const bodies = Array.from({ length: 60 }, (_, index) => (index % 20 === 7 ? "recycle" : `m${index}`));
    for (const body of bodies) await send(queues.IN, body);
    for (const body of bodies.filter((body) => body !== "recycle")) {
      await fixture.untilLine(JSON.stringify({ done: body }));
    }
    await eventually(() => isEmpty(queues.IN));
    expect(fixture.events.filter(({ kind }) => kind === "worker-exited").length).toBeGreaterThan(0);
  });

  test("a host that stops finishes what it has and leaves the rest untouched", async () => {
    await start();
    await send(queues.IN, ...Array.from({ length: 20 }, () => "slow"));
    await eventually(() => taken("slow").length >= 4);
    await fixture.host.stop();
    const done = fixture.lines.filter((line) => line === JSON.stringify({ done: "slow" })).length;
    expect(done).toBe(taken("slow").length);
    expect(done).toBeLessThan(20);
    const receiver = bus.client.createReceiver(queues.IN, { receiveMode: "receiveAndDelete" });
    const left = await receiver.receiveMessages(20, { maxWaitTimeInMs: 2_000 });
    expect(left).toHaveLength(20 - done);
    expect(left.every(({ deliveryCount }) => (deliveryCount ?? 0) === 0)).toBe(true);
  });

  test("what a function returns or sets goes to its output queue", async () => {
    await start();
    await send(queues.PASS, "along");
    const body = JSON.stringify(["one", { two: 2 }]);
    expect((await fixture.fetch("/api/send", { method: "POST", body })).status).toBe(202);
    const receiver = bus.client.createReceiver(queues.OUT, {
      receiveMode: "receiveAndDelete",
      skipParsingBodyAsJson: true,
    });
    const bodies = await eventually(async () => {
      const messages = await receiver.peekMessages(10);
      expect(messages).toHaveLength(3);
      return messages.map((message) => String(message.body));
    });
    expect(bodies.toSorted()).toEqual(["one", "passed along", '{\n  "two": 2\n}'].toSorted());
  });

  test("a queue that does not exist yet is listened to as soon as it does", async () => {
    const IN = bus.nameFor("late");
    await start({ timings: { listenerRetryMs: 50, maxListenerRetryMs: 50 } }, { IN });
    await bus.admin.createQueue(IN);
    await send(IN, "late");
    await fixture.untilLine(JSON.stringify({ done: "late" }));
    expect(taken("late")).toEqual([1]);
  });

  test("a timer runs by the clock, and goes on in the next worker", async () => {
    await start({}, { OFTEN: "* * * * * *" });
    const first = fixture.host.workerPid;
    await fixture.untilLine(JSON.stringify({ often: first }));
    await send(queues.IN, "recycle");
    const second = await fixture.untilOtherWorker(first);
    await fixture.untilLine(JSON.stringify({ often: second }));
    expect(fixture.host.workerPid).toBe(second);
  });

  test("a function may be run by hand, and its retry policy applies", async () => {
    await start();
    const run = (name: string, init: RequestInit = {}) =>
      fixture.fetch(`/admin/functions/${name}`, { method: "POST", ...init });
    expect((await run("tick")).status).toBe(202);
    await fixture.untilLine(JSON.stringify({ tick: false }));
    expect((await run("stubborn", { body: "{}" })).status).toBe(202);
    await fixture.untilLine(JSON.stringify({ stubborn: 2, max: 5 }));
    expect((await run("take", { body: JSON.stringify({ input: "by hand" }) })).status).toBe(202);
    await fixture.untilLine(JSON.stringify({ done: "by hand" }));
    expect((await run("take", { body: "[1]" })).status).toBe(400);
    expect((await run("send")).status).toBe(400);
    expect((await run("nobody")).status).toBe(404);
  });
});
