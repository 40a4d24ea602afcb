import { afterAll, describe, expect, test } from "vitest";
import { openBus } from "../../support/bus.ts";
import { eventually } from "../../support/eventually.ts";
import { isEmpty } from "../../support/listening.ts";
import { startFixture, type FixtureHost, type FixtureOptions } from "../../support/host.ts";

const bus = await openBus();
afterAll(() => bus.close());

/** An app on queues of its own. */
interface BusApp extends FixtureHost {
  readonly queues: { readonly IN: string; readonly OUT: string; readonly PASS: string };
  /** The delivery counts with which a message of this body has reached the app. */
  taken(body: string): number[];
}

async function start(options: FixtureOptions = {}, env: Record<string, string> = {}): Promise<BusApp> {
  const queues = { IN: await bus.queue(), OUT: await bus.queue(), PASS: await bus.queue() };
  const fixture = await startFixture("bus", {
    ...options,
    env: { Bus: bus.connectionString, OFTEN: "0 0 0 1 1 *", ...queues, ...env },
  });
  const taken = (body: string): number[] => {
    const seen = fixture.lines.flatMap((line) => (line.startsWith('{"take"') ? [JSON.parse(line)] : []));
    return seen.filter(({ take }) => take === body).map(({ deliveryCount }) => Number(deliveryCount));
  };
  return { ...fixture, queues, taken };
}

async function send(queue: string, ...bodies: string[]): Promise<void> {
  await bus.client.createSender(queue).sendMessages(bodies.map((body) => ({ body })));
}

describe.concurrent("triggers of an app whose worker comes and goes", () => {
  test("a message whose worker died is delivered again to the next one", async () => {
    await using app = await start();
    await send(app.queues.IN, "die");
    await app.untilLine(JSON.stringify({ done: "die" }));
    expect(app.taken("die")).toEqual([1, 2]);
    await eventually(() => isEmpty(bus, app.queues.IN));
  });

  test("a message that ran too long costs its worker, and is delivered again", async () => {
    await using app = await start({}, { AzureFunctionsJobHost__functionTimeout: "00:00:02" });
    const pid = app.host.workerPid;
    await send(app.queues.IN, "hang");
    await app.untilLine(JSON.stringify({ done: "hang" }));
    expect(app.taken("hang")).toEqual([1, 2]);
    expect(app.host.workerPid).not.toBe(pid);
  });

  test("no message is lost while the worker is restarted again and again, on purpose", async () => {
    await using app = await start();
    const bodies = Array.from({ length: 60 }, (_, index) => (index % 20 === 7 ? "recycle" : `m${index}`));
    for (const body of bodies) await send(app.queues.IN, body);
    for (const body of bodies.filter((body) => body !== "recycle")) {
      await app.untilLine(JSON.stringify({ done: body }));
    }
    await eventually(() => isEmpty(bus, app.queues.IN));
    expect(app.events.filter(({ kind }) => kind === "worker-exited").length).toBeGreaterThan(0);
  });

  test("a host that stops finishes what it has and leaves the rest untouched", async () => {
    await using app = await start();
    await send(app.queues.IN, ...Array.from({ length: 20 }, () => "slow"));
    await eventually(() => app.taken("slow").length >= 4);
    await app.host.stop();
    const done = app.lines.filter((line) => line === JSON.stringify({ done: "slow" })).length;
    expect(done).toBe(app.taken("slow").length);
    expect(done).toBeLessThan(20);
    const receiver = bus.client.createReceiver(app.queues.IN, { receiveMode: "receiveAndDelete" });
    const left = await receiver.receiveMessages(20, { maxWaitTimeInMs: 2_000 });
    expect(left).toHaveLength(20 - done);
    expect(left.every(({ deliveryCount }) => (deliveryCount ?? 0) === 0)).toBe(true);
  });

  test("what a function returns or sets goes to its output queue", async () => {
    await using app = await start();
    await send(app.queues.PASS, "along");
    const body = JSON.stringify(["one", { two: 2 }]);
    expect((await app.fetch("/api/send", { method: "POST", body })).status).toBe(202);
    const receiver = bus.client.createReceiver(app.queues.OUT, {
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
    await using app = await start({ timings: { listenerRetryMs: 50, maxListenerRetryMs: 50 } }, { IN });
    await bus.admin.createQueue(IN);
    await send(IN, "late");
    await app.untilLine(JSON.stringify({ done: "late" }));
    expect(app.taken("late")).toEqual([1]);
  });

  test("a timer runs by the clock, and goes on in the next worker", async () => {
    await using app = await start({}, { OFTEN: "* * * * * *" });
    const first = app.host.workerPid;
    await app.untilLine(JSON.stringify({ often: first }));
    await send(app.queues.IN, "recycle");
    const second = await app.untilOtherWorker(first);
    await app.untilLine(JSON.stringify({ often: second }));
    expect(app.host.workerPid).toBe(second);
  });

  test("a function may be run by hand, and its retry policy applies", async () => {
    await using app = await start();
    const run = (name: string, init: RequestInit = {}) =>
      app.fetch(`/admin/functions/${name}`, { method: "POST", ...init });
    expect((await run("tick")).status).toBe(202);
    await app.untilLine(JSON.stringify({ tick: false }));
    expect((await run("stubborn", { body: "{}" })).status).toBe(202);
    await app.untilLine(JSON.stringify({ stubborn: 2, max: 5 }));
    expect((await run("take", { body: JSON.stringify({ input: "by hand" }) })).status).toBe(202);
    await app.untilLine(JSON.stringify({ done: "by hand" }));
    expect((await run("take", { body: "[1]" })).status).toBe(400);
    expect((await run("send")).status).toBe(400);
    expect((await run("nobody")).status).toBe(404);
  });
});
