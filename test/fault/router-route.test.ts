import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { entities } from "../../shared/bus/topology.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { eventually } from "../support/eventually.ts";
import { crashed, RouterWorld } from "../support/router-world.ts";
import { goingTo } from "../support/switched-tables.ts";

let world: RouterWorld;
/** The body of the message of this test. */
let text: string;

beforeAll(async () => {
  world = await RouterWorld.start();
});

beforeEach(() => {
  world.revive();
  text = randomUUID();
});

afterEach(async () => {
  world.points.refuseUnreached();
  await world.refuseRejected();
});

afterAll(() => world[Symbol.asyncDispose]());

/** The versions and endpoints that the message was sent by and to. */
function sentBy(body = text) {
  const copies = world.sentWith(body);
  return {
    versions: [...new Set(copies.map(({ version }) => version))],
    endpoints: [...new Set(copies.map(({ branch }) => branch.endpoint))].sort(),
    ids: new Set(copies.map(({ branch }) => branch.id)).size,
  };
}

describe("a router that dies while it routes a message of its inbox, and finds another table in its next life", () => {
  const cases: [FaultPoint, number, "first" | "second"][] = [
    ["route-received", 1, "second"],
    ["route-matched", 1, "second"],
    ["route-decided", 1, "first"],
    ["route-branch-sent", 1, "first"],
    ["route-branch-sent", 2, "first"],
    ["route-branch-sent", 3, "first"],
    ["route-completed", 1, "first"],
  ];

  test.each(cases)("at %s, time %i, sends every branch by one table: the %s", async (point, nth, by) => {
    const first = world.served.serve(goingTo("a", "b", "c"));
    let second = first;
    const died = world.points.arm(point, { nth });
    world.whenDead(() => (second = world.served.serve(goingTo("c", "d"))));
    await world.send(entities.routerInbox, { body: Buffer.from(text), messageId: text });
    await died;
    await world.untilEmpty(entities.routerInbox);
    const expected =
      by === "first"
        ? { versions: [first.version], endpoints: ["a", "b", "c"], ids: 3 }
        : { versions: [second.version], endpoints: ["c", "d"], ids: 2 };
    await eventually(() => expect(sentBy()).toEqual(expected));
    expect(first.version).not.toBe(second.version);
  });
});

describe("a sender over HTTP whose request dies with the router, and who sends it again under its key", () => {
  const post = (key: string) =>
    world.run(({ router }) =>
      router.post({
        inbound: "events",
        url: "http://127.0.0.1/api/router/events?code=secret",
        headers: [["Idempotency-Key", key]],
        body: Buffer.from(text),
      }),
    );
  const cases: [FaultPoint, "first" | "second"][] = [
    ["route-received", "second"],
    ["route-matched", "second"],
    ["route-decided", "first"],
    ["route-branch-sent", "first"],
  ];

  test.each(cases)("at %s, has one message, by one table: the %s", async (point, by) => {
    const first = world.served.serve(goingTo("a", "b"));
    void world.points.arm(point);
    expect(await post(text)).toBe(crashed);
    const second = world.served.serve(goingTo("c"));
    world.revive();
    const routed = await post(text);
    expect(routed).toMatchObject({ kind: "sent" });
    await eventually(() =>
      expect(sentBy()).toEqual(
        by === "first"
          ? { versions: [first.version], endpoints: ["a", "b"], ids: 2 }
          : { versions: [second.version], endpoints: ["c"], ids: 1 },
      ),
    );
  });
});

describe("a message that nothing matches", () => {
  const points: FaultPoint[] = [
    "route-received",
    "route-matched",
    "route-decided",
    "route-kept",
    "route-completed",
  ];

  test.each(points)(
    "is kept although the router dies at %s, and is routed when it is replayed",
    async (point) => {
      world.served.serve(goingTo());
      await keepUnmatched(() => world.points.arm(point));
      const fixed = world.served.serve(goingTo("a", "b"));
      const replayed = await world.run(({ replayer }) => replayer.replay({ limit: 100 }));
      expect(replayed).toMatchObject({ hasMore: false, moved: 0, rejected: 0 });
      await eventually(() =>
        expect(sentBy()).toEqual({ versions: [fixed.version], endpoints: ["a", "b"], ids: 2 }),
      );
      await world.untilEmpty(entities.routerUnmatched);
    },
  );

  const replayPoints: FaultPoint[] = ["replay-taken", "replay-sent", "replay-completed"];

  test.each(replayPoints)("is replayed once although the router dies at %s", async (point) => {
    world.served.serve(goingTo());
    await keepUnmatched();
    const fixed = world.served.serve(goingTo("a", "b"));
    void world.points.arm(point);
    expect(await world.run(({ replayer }) => replayer.replay({ limit: 100 }))).toBe(crashed);
    world.revive();
    await eventually(async () => {
      // What the dead process had taken comes back when its lock has run out.
      await world.run(({ replayer }) => replayer.replay({ limit: 100 }));
      expect(await world.unmatched()).toEqual([]);
    });
    await world.untilEmpty(entities.routerInbox);
    await eventually(() =>
      expect(sentBy()).toEqual({ versions: [fixed.version], endpoints: ["a", "b"], ids: 2 }),
    );
  });

  test("stays one message when it is kept twice, replayed by two tables, and died over", async () => {
    world.served.serve(goingTo());
    await keepUnmatched(() => world.points.arm("route-kept"));
    expect(await world.unmatched()).toHaveLength(2);
    const first = world.served.serve(goingTo("a"));
    await world.run(({ replayer }) => replayer.replay({ limit: 1 }));
    await eventually(() => expect(sentBy().versions).toEqual([first.version]));
    world.served.serve(goingTo("b", "c"));
    expect(await world.run(({ replayer }) => replayer.replay({ limit: 1 }))).toMatchObject({
      hasMore: false,
    });
    await world.untilEmpty(entities.routerInbox);
    expect(sentBy()).toEqual({ versions: [first.version], endpoints: ["a"], ids: 1 });
    expect(await world.unmatched()).toEqual([]);
  });

  test("is kept again when no rule of today matches it either, and an old copy of it changes nothing", async () => {
    world.served.serve(goingTo());
    await keepUnmatched();
    await world.run(({ replayer }) => replayer.replay({ limit: 100 }));
    await eventually(async () => {
      expect(world.lines.join("\n")).toContain(`"replay":1`);
      expect(await world.unmatched()).toHaveLength(1);
    });
    await world.untilEmpty(entities.routerInbox);
    const fixed = world.served.serve(goingTo("a"));
    // The same message from its sender, who does not know what has become of it.
    await world.send(entities.routerInbox, { body: Buffer.from(text), messageId: text });
    await world.untilEmpty(entities.routerInbox);
    expect(sentBy().ids).toBe(0);
    await world.run(({ replayer }) => replayer.replay({ limit: 100 }));
    await eventually(() => expect(sentBy()).toEqual({ versions: [fixed.version], endpoints: ["a"], ids: 1 }));
  });

  /** Sends a message to the inbox, and waits until it is kept. */
  async function keepUnmatched(arm: () => Promise<string> = async () => "") {
    const died = arm();
    await world.send(entities.routerInbox, { body: Buffer.from(text), messageId: text });
    await died;
    await world.untilEmpty(entities.routerInbox);
    expect(await world.unmatched()).not.toEqual([]);
  }
});

describe("a message that has been decided is sent although", () => {
  const others = { ...goingTo("c"), inbound: { others: { exchange: "one-way" } } };
  const requests = {
    ...goingTo("c"),
    inbound: { events: { exchange: "request-reply" } },
    endpoints: { c: { address: "http://127.0.0.1/c", exchange: "request-reply" } },
    filters: { all: { type: "MatchAll" } },
  };
  const cases: [string, object, Record<string, string>][] = [
    ["the table has lost its inbound endpoint", others, { inbound: "events" }],
    ["none has the address of its queue any more", others, {}],
    ["its inbound endpoint is for requests now", requests, { inbound: "events" }],
  ];

  test.each(cases)("%s", async (_what, table, applicationProperties) => {
    const first = world.served.serve(goingTo("a", "b"));
    const died = world.points.arm("route-decided");
    world.whenDead(() => world.served.serve({ ...table }));
    await world.send(entities.routerInbox, {
      body: Buffer.from(text),
      messageId: text,
      applicationProperties,
    });
    await died;
    await world.untilEmpty(entities.routerInbox);
    await eventually(() =>
      expect(sentBy()).toEqual({ versions: [first.version], endpoints: ["a", "b"], ids: 2 }),
    );
  });
});

test("two different messages under one sender's id are two messages", async () => {
  world.served.serve(goingTo("a"));
  const other = randomUUID();
  for (const body of [text, other])
    await world.send(entities.routerInbox, { body: Buffer.from(body), messageId: "same" });
  await eventually(() => expect([sentBy().ids, sentBy(other).ids]).toEqual([1, 1]));
  const ids = [...world.sentWith(text), ...world.sentWith(other)].map(
    ({ message }) => message.pass.logicalId,
  );
  expect(new Set(ids).size).toBe(2);
});

test("messages without an id of their own are told apart by their places, also when they come again as copies", async () => {
  const { version } = world.served.serve(goingTo("a"));
  world.served.unload();
  // The broker gives ids to what has none; a producer of another kind may leave them empty.
  for (const sequenceNumber of ["1", "2", "1"]) {
    await world.run(({ inbox }) => inbox.take({ ...plain(), messageId: "", sequenceNumber }));
  }
  expect(await world.peek(entities.routerInbox)).not.toEqual([]);
  const served = world.served.serve(goingTo("a"));
  await world.untilEmpty(entities.routerInbox);
  await eventually(() => expect(sentBy()).toEqual({ versions: [served.version], endpoints: ["a"], ids: 2 }));
  expect(version).not.toBe(served.version);
});

describe("messages under one ordering key", () => {
  const points: FaultPoint[] = ["route-matched", "route-decided", "route-branch-sent", "route-completed"];

  test.each(points)(
    "keep their order although the router dies at %s in the middle of them",
    async (point) => {
      world.served.serve(goingTo("a"));
      const key = `key-${text}`;
      const bodies = ["1", "2", "3", "4"];
      for (const body of bodies) {
        await world.send(entities.routerInboxOrdered, {
          body: Buffer.from(body),
          messageId: body,
          sessionId: key,
          applicationProperties: { inbound: "events" },
        });
      }
      const session = await world.bus.client.acceptSession(entities.routerInboxOrdered, key, {
        skipParsingBodyAsJson: true,
      });
      const died = world.points.arm(point, { nth: 2 });
      for (const _body of bodies) {
        const [received] = await session.receiveMessages(1);
        await world.deliver(received!, (life, incoming) => life.inbox.takeOrdered(incoming));
        await session.completeMessage(received!);
      }
      await died;
      await session.close();
      const copies = (await world.peek(entities.routerOutboxOrdered)).filter(({ sessionId }) => sessionId);
      const first = [...new Map(copies.map(({ messageId, body }) => [messageId, String(body)])).values()];
      expect(first.slice(-4)).toEqual(bodies);
    },
  );
});

describe("a request of the inbox", () => {
  const asking = (...services: string[]) => ({
    inbound: { ask: { exchange: "request-reply" } },
    endpoints: Object.fromEntries(
      services.map((name) => [name, { address: `http://127.0.0.1/${name}`, exchange: "request-reply" }]),
    ),
    filters: { all: { type: "MatchAll" } },
    entries: services.map((endpoint) => ({ filter: "all", endpoint })),
  });
  const cases: [FaultPoint, "first" | "second"][] = [
    ["route-matched", "second"],
    ["route-decided", "first"],
    ["route-completed", "first"],
  ];

  test.each(cases)("is answered by one table though the router dies at %s: the %s", async (point, by) => {
    const answer = {
      status: 200,
      headers: {},
      body: Buffer.from("yes"),
      contentType: undefined,
      isFault: false,
    };
    world.outcome = { kind: "taken", endpoint: "service", answer, attempts: [] };
    const first = world.served.serve(asking("one"));
    let second = first;
    const died = world.points.arm(point);
    world.whenDead(() => (second = world.served.serve(asking("other"))));
    const message = { body: Buffer.from(text), messageId: text, applicationProperties: { inbound: "ask" } };
    await world.send(entities.routerInbox, { ...message, replyTo: "replies", replyToSessionId: text });
    await died;
    await world.untilEmpty(entities.routerInbox);
    const session = await world.bus.client.acceptSession(entities.replies, text);
    const [reply] = await session.receiveMessages(1);
    await session.close();
    const { version } = by === "first" ? first : second;
    expect(reply).toMatchObject({
      correlationId: text,
      subject: "router.answer",
      applicationProperties: { status: 200, "interrole-table-version": version },
    });
  });
});

/** A message as it comes to the inbox. */
function plain() {
  return {
    body: Buffer.from(text),
    messageId: text,
    replyTo: undefined,
    replyToSessionId: undefined,
    correlationId: undefined,
    contentType: "text/plain",
    subject: undefined,
    sessionId: undefined,
    sequenceNumber: undefined,
    applicationProperties: { inbound: "events" },
    deliveryCount: 1,
    enqueuedAtMs: undefined,
  };
}
