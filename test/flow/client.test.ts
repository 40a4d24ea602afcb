import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { joinRole, type RoleInstance } from "../../client/agent/index.ts";
import { browserClock } from "../../client/browser-clock.ts";
import { connect, InterroleProblem, type NewSession } from "../../client/index.ts";
import { EventTape } from "../support/event-tape.ts";
import { eventually } from "../support/eventually.ts";
import { RecycleFleet } from "../support/recycle-fleet.ts";

let fleet: RecycleFleet;
const tapes: EventTape[] = [];

beforeAll(async () => {
  fleet = await RecycleFleet.start({ instances: "web=2", settings: { SESSION_GRACE_MS: "6000" } });
});

afterEach(async () => {
  await Promise.all(tapes.splice(0).map((tape) => tape.stop()));
});

afterAll(() => fleet[Symbol.asyncDispose]());

const urlOf = (instance: string) => fleet.world.fleet.instance(instance).url;

function play(tape: EventTape): EventTape {
  tapes.push(tape);
  return tape;
}

async function join(userName: string, instance: string, more: Partial<NewSession> = {}): Promise<EventTape> {
  const tape = play(new EventTape(await connect({ url: urlOf("web-1"), userName, instance, ...more })));
  await tape.got("snapshot");
  return tape;
}

const of = (tape: EventTape) => (event: { data: { sessionId: string } }) =>
  event.data.sessionId === tape.session.id;

/** Sends numbers in order, until it is told to stop; gives them all. */
function sendOn(from: EventTape, to: EventTape): () => Promise<string[]> {
  const sent: string[] = [];
  const over = new AbortController();
  const done = (async () => {
    while (!over.signal.aborted) {
      const text = String(sent.length);
      await from.session.send({ to: { session: to.session.id }, text });
      sent.push(text);
      // As quick as needs be: at full speed the fleet would do nothing else.
      await browserClock.delay(50, over.signal);
    }
  })();
  return async () => {
    over.abort();
    await done;
    return sent;
  };
}

describe("two clients on two instances", () => {
  test("see each other come, write to each other, and see each other change and go", async () => {
    const ada = await join("ada", "web-0");
    const bob = await join("bob", "web-1", { metadata: { mood: "fine" } });
    await ada.got("joined", of(bob));
    expect(ada.session.presence()).toEqual([
      expect.objectContaining({ userName: expect.any(String) }),
      expect.objectContaining({ userName: expect.any(String) }),
    ]);

    await ada.session.send({ to: { session: bob.session.id }, text: "hello" });
    await bob.session.send({ to: { user: "ada" }, data: { hello: "yourself" } });
    expect(await ada.session.send({ to: "everyone", text: "all" })).toMatchObject({ mailboxes: 1 });
    await bob.got("message", ({ data }) => data.text === "all");
    await ada.got("message", ({ data }) => data.data !== undefined);
    expect(bob.texts).toEqual(["hello", "all"]);

    await bob.session.updateMetadata({ mood: "tired" });
    await ada.got("updated", ({ data }) => data.metadata["mood"] === "tired");
    await bob.session.leave();
    await ada.got("left", ({ data }) => data.sessionId === bob.session.id && data.reason === "closed");
    expect(await bob.ended()).toBeUndefined();
    expect(bob.events.at(-1)).toEqual({ event: "closed", data: { reason: "closed" } });
    expect(ada.session.presence().map(({ userName }) => userName)).toEqual(["ada"]);
  });
});

describe("a client that stays", () => {
  test("tells the server so now and then, and how far it has read, with its token in no URL", async () => {
    const asked: { url: string; body: unknown; status: number }[] = [];
    const ada = await join("ada", "web-0", {
      // Without chance the interval is 16 s; this one is shorter.
      random: () => 0,
      clock: { ...browserClock, delay: (ms, signal) => browserClock.delay(ms === 16_000 ? 300 : ms, signal) },
      fetch: async (url, init) => {
        const answer = await fetch(url, init);
        asked.push({ url, body: init.body, status: answer.status });
        return answer;
      },
    });
    const acknowledged = (cursor: string) =>
      asked.some(({ url, body, status }) => {
        return url.endsWith("/ack") && body === JSON.stringify({ cursor }) && status === 204;
      });
    await eventually(() => acknowledged("0.0"));
    await ada.session.send({ to: { session: ada.session.id }, text: "to myself" });
    await eventually(() => acknowledged("1.0") || acknowledged("1.1"));
    const { token } = ada.session.resumption;
    expect(asked.filter(({ url }) => url.includes(token))).toEqual([]);
    expect(asked.filter(({ status }) => status >= 400)).toEqual([]);
  });
});

describe("a client whose instance goes", () => {
  test("by recycling goes on elsewhere, with every message once and in order", async () => {
    const [ada, bob] = [await join("ada", "web-1"), await join("bob", "web-0")];
    const stop = sendOn(ada, bob);
    const id = await fleet.api("web-1").begin("web", { instances: ["web-0"] });
    await bob.got("reconnect", ({ data }) => data.url === urlOf("web-1"));
    expect((await fleet.api("web-1").untilEnded(id)).state).toBe("succeeded");
    const sent = await stop();
    await eventually(() => expect(bob.texts).toEqual(sent));
    expect(ada.of("left").filter(of(bob))).toEqual([]);
    expect(bob.session.resumption.instanceUrl).toBe(urlOf("web-1"));
    await fleet.ready();
  });

  test("by kill -9 goes on at the entry, with every message once and in order", async () => {
    const [ada, bob] = [await join("ada", "web-1"), await join("bob", "web-0")];
    const stop = sendOn(ada, bob);
    await bob.got("message");
    const before = bob.of("snapshot").length;
    fleet.world.fleet.kill("web-0", "host");
    await eventually(() => bob.of("snapshot").length > before);
    const sent = await stop();
    await eventually(() => expect(bob.texts).toEqual(sent));
    expect(ada.of("left").filter(of(bob))).toEqual([]);
    await fleet.ready();
  });
});

describe("a process that has joined the fleet", () => {
  let worker: RoleInstance | undefined;
  const tags: string[] = [];

  async function joinAsWorker(): Promise<void> {
    const { serviceBus, serviceBusAdmin, tables } = fleet.world.fleet;
    worker = await joinRole({
      role: "worker",
      instanceId: "worker-0",
      connection: serviceBus,
      adminConnection: serviceBusAdmin,
      tables,
      heartbeatMs: 1_000,
      onRecycle: ({ tag }) => void tags.push(tag),
      onEnd: (exitCode) => void (exitCode === 200 && joinAsWorker()),
      writeLine: () => undefined,
    });
  }

  afterAll(() => worker?.leave());

  test("talks with clients, is sent none, and recycles as an instance of its role", async () => {
    const ada = await join("ada", "web-0");
    await joinAsWorker();
    const before = worker?.incarnation;
    const robot = await worker?.openSession({ userName: "robot" });
    await ada.got("joined", ({ data }) => data.userName === "robot" && data.instanceId === "worker-0");
    const placed = await Promise.all(
      ["a", "b", "c"].map((userName) => connect({ url: urlOf("web-1"), userName })),
    );
    expect(placed.map(({ resumption }) => resumption.instanceUrl)).not.toContain("");

    await ada.session.send({ to: { user: "robot" }, text: "hello" });
    for await (const event of robot?.events() ?? []) if (event.event === "message") break;
    await worker?.send({ to: { session: ada.session.id }, text: "hello yourself" });
    await ada.got("message", ({ data }) => data.from.userName === "worker-0");

    const id = await fleet.api("web-1").begin("worker", { tag: "new-certificate" });
    await ada.got("left", ({ data }) => data.userName === "robot");
    expect((await fleet.api("web-1").untilEnded(id)).state).toBe("succeeded");
    expect(tags).toEqual(["new-certificate"]);
    await eventually(() => worker?.state === "ready" && worker.incarnation !== before);
    await Promise.all(placed.map((session) => session.leave()));
  });
});

describe("a session that was kept", () => {
  test("goes on in another client, after the last message that the first one took", async () => {
    const [ada, bob] = [await join("ada", "web-0"), await join("bob", "web-0")];
    await ada.session.send({ to: { user: "bob" }, text: "one" });
    await bob.got("message");
    await bob.stop();
    await ada.session.send({ to: { user: "bob" }, text: "two" });
    const session = await connect({ url: urlOf("web-1"), resume: bob.session.resumption });
    expect([session.id, session.userName]).toEqual([bob.session.id, "bob"]);
    const later = play(new EventTape(session));
    await later.got("message");
    expect(later.texts).toEqual(["two"]);
    expect(ada.of("left").filter(of(bob))).toEqual([]);
  });

  test("is refused with a problem when its token is not good, or when it has ended", async () => {
    const bob = await join("bob", "web-0");
    const { resumption } = bob.session;
    const forged = await connect({ url: urlOf("web-1"), resume: { ...resumption, token: "a.b.c" } });
    const refused = await play(new EventTape(forged)).ended();
    expect(refused).toBeInstanceOf(InterroleProblem);
    expect(refused).toMatchObject({ kind: "not-authorised", status: 401, detail: expect.any(String) });

    await bob.session.leave();
    await bob.ended();
    const late = connect({ url: urlOf("web-1"), resume: resumption });
    await expect((await late).send({ to: { user: "bob" }, text: "x" })).rejects.toMatchObject({
      kind: "session-closed",
      status: 410,
    });
    await (await late).leave();
  });
});
