import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { entities } from "../../../shared/bus/topology.ts";
import { eventually } from "../../support/eventually.ts";
import { RouterWorld } from "../../support/router-world.ts";

let world: RouterWorld;
/** The bodies of this test's messages begin with it. */
let mark: string;

beforeAll(async () => {
  world = await RouterWorld.start();
});

beforeEach(() => {
  mark = randomUUID();
});

afterAll(() => world[Symbol.asyncDispose]());

const table = (filters: object) => ({
  inbound: { events: { exchange: "one-way" }, others: { exchange: "one-way" } },
  endpoints: { work: { address: "queue:work", exchange: "one-way" } },
  filters: { it: filters },
  entries: [{ filter: "it", endpoint: "work" }],
});
const nothing = table({ type: "Action", actions: ["never"] });
const everything = table({ type: "MatchAll" });

/** Keeps a message for each of these inbound endpoints, one after the other, and gives their ids. */
async function keep(...inbound: string[]): Promise<string[]> {
  world.served.serve(nothing);
  const ids: string[] = [];
  for (const [n, name] of inbound.entries()) {
    const routed = await world.life.router.post({
      inbound: name,
      url: `http://host/api/router/${name}`,
      headers: [["content-type", "text/plain"]],
      body: Buffer.from(`${mark} ${n}`),
    });
    ids.push(routed.decision.id);
  }
  return ids;
}

/** Empties the queue, for the next test. */
async function clear(): Promise<void> {
  world.served.serve(everything);
  await world.life.replayer.replay({ limit: 1_000 });
  await world.untilEmpty(entities.routerInbox);
}

describe("messages that nothing matches", () => {
  test("are shown page by page, oldest first, and stay", async () => {
    const ids = await keep("events", "others", "events");
    const { replayer } = world.life;
    const first = await replayer.list(2, "");
    expect(first.messages).toMatchObject([
      {
        messageId: ids[0],
        inbound: "events",
        table: "default",
        replay: 0,
        contentType: "text/plain",
        bytes: 38,
      },
      { messageId: ids[1], inbound: "others" },
    ]);
    const second = await replayer.list(2, first.continuationToken ?? "");
    expect(second).toMatchObject({ messages: [{ messageId: ids[2] }] });
    expect(second.continuationToken).toBeUndefined();
    expect(await replayer.list(2, "99999")).toEqual({ messages: [] });
    expect(await world.unmatched()).toEqual(ids);
    await clear();
  });

  test("are told where they would go today, and stay", async () => {
    const ids = await keep("events", "others");
    const { replayer } = world.life;
    const { version } = world.served.serve({ ...table({ type: "EndpointName", name: "events" }) });
    expect(await replayer.foretell({ limit: 10 })).toMatchObject({
      messages: [
        { messageId: ids[0], version, outcome: "matched", endpoints: ["work"] },
        { messageId: ids[1], version, outcome: "no-match", endpoints: [] },
      ],
      hasMore: false,
    });
    const { inbound } = everything;
    world.served.serve({ ...everything, inbound: { events: inbound.events } });
    expect(await replayer.foretell({ limit: 10, inbound: "others" })).toMatchObject({
      messages: [
        { messageId: ids[1], outcome: "unknown-inbound", reason: expect.stringContaining("'others'") },
      ],
    });
    expect(await replayer.foretell({ limit: 1 })).toMatchObject({ hasMore: true });
    expect(await world.unmatched()).toEqual(ids);
    await clear();
  });

  test("are replayed for one inbound endpoint, and those of others stay for as long as they would have", async () => {
    const ids = await keep("others", "events", "others", "events", "events");
    const before = await world.peek(entities.routerUnmatched);
    world.served.serve(everything);
    const replayed = await world.life.replayer.replay({ limit: 2, inbound: "events" });
    expect(replayed).toMatchObject({ rejected: 0, hasMore: true });
    expect(replayed.replayed).toHaveLength(2);
    await eventually(() => {
      const sent = world.sent.filter(({ message }) => message.body.toString().startsWith(mark));
      expect(new Set(sent.map(({ message }) => message.pass.logicalId))).toEqual(new Set(replayed.replayed));
    });
    const left = await world.peek(entities.routerUnmatched);
    const kept = await world.unmatched();
    expect(new Set([...kept, ...replayed.replayed])).toEqual(new Set(ids));
    expect(kept).toHaveLength(3);
    const latest = Math.max(...before.map(({ expiresAtUtc }) => expiresAtUtc?.getTime() ?? 0));
    for (const { expiresAtUtc } of left) expect(expiresAtUtc!.getTime()).toBeLessThanOrEqual(latest);
    await clear();
  });

  test("are replayed as often as they were there, though they come back", async () => {
    const ids = await keep("events", "events");
    const replayed = await world.life.replayer.replay({ limit: 100 });
    expect(replayed).toMatchObject({ moved: 0, hasMore: false });
    expect(new Set(replayed.replayed)).toEqual(new Set(ids));
    await world.untilEmpty(entities.routerInbox);
    await eventually(async () => expect(new Set(await world.unmatched())).toEqual(new Set(ids)));
    await clear();
  });

  test("go to rejected when nobody can read them", async () => {
    await world.send(entities.routerUnmatched, {
      body: Buffer.from(mark),
      applicationProperties: { interrole: "1|?" },
    });
    const ids = await keep("events");
    expect(await world.life.replayer.list(10, "")).toMatchObject({
      messages: [{ fault: expect.stringContaining("not JSON") }, { messageId: ids[0] }],
    });
    world.served.serve(everything);
    await eventually(async () => {
      await world.life.replayer.replay({ limit: 10 });
      expect(await world.unmatched()).toEqual([]);
    });
    const rejected = await world.peek(entities.rejected);
    expect(rejected.map(({ body }) => String(body))).toEqual([mark]);
  });
});
