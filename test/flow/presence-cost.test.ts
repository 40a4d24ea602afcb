import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClusterClient } from "../support/cluster-client.ts";
import { register, send } from "../support/cluster-facts.ts";
import { PresenceCluster } from "../support/presence-cluster.ts";

/** docs/architecture.md tells these figures. */
let cluster: PresenceCluster;

beforeAll(async () => {
  cluster = await PresenceCluster.start(["web-0", "web-1", "web-2"]);
});

afterAll(() => cluster[Symbol.asyncDispose]());

const sending = (session: string, text: string) => ({
  from: { sessionId: "sender", userName: "bob" },
  to: { session },
  content: { text },
  key: undefined,
});

describe("in a fleet of three", () => {
  test("a session that comes costs four table calls, one send, and a receive on every instance", async () => {
    const costs = await cluster.counted(() => register(cluster, "web-0"));
    expect(costs).toEqual({
      "mailboxes insert": 1,
      "sessions insert": 1,
      "sessions read": 1,
      "sessions replace": 1,
      "send changes": 1,
      receive: 3,
    });
  });

  test("a session that is placed elsewhere costs one send and one receive more, and two writes that may find the work done", async () => {
    const members = await cluster.at("web-1").directory.read();
    const body = { userName: "ada", metadata: {}, instance: "web-0" };
    const costs = await cluster.counted(() =>
      cluster.run("web-1", ({ registrar }) => registrar.register(body, members)),
    );
    expect(costs).toMatchObject({
      "send register": 1,
      "send changes": 1,
      receive: 4,
      "sessions insert": 2,
      "mailboxes insert": 2,
    });
    expect(sum(costs, /^(sessions|mailboxes) /)).toBeLessThanOrEqual(9);
  });

  test("a message costs one transaction, and one send and receive if its session is elsewhere", async () => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    for (const instance of ["web-0", "web-1"])
      await cluster.run(instance, ({ presence }) => presence.sender.send(sending(session, "first")));
    const say = (instance: string) =>
      cluster.counted(() =>
        cluster.run(instance, ({ presence }) => presence.sender.send(sending(session, "x"))),
      );
    // web-1 has the head as it was after its own last message.
    expect(await say("web-1")).toEqual({ "mailboxes transact": 1, "send messages": 1, receive: 1 });
    await say("web-0");
    expect(await say("web-0")).toEqual({ "mailboxes transact": 1 });
    await client.leave();
  });

  test("messages under load share transactions and nudges", async () => {
    const sessions = await Promise.all(Array.from({ length: 5 }, () => register(cluster, "web-0")));
    const count = 500;
    const costs = await cluster.counted(() =>
      cluster.run("web-1", ({ presence: { sender } }) =>
        Promise.all(
          Array.from({ length: count }, (_, index) =>
            sender.send(sending(sessions[index % sessions.length] ?? "", String(index))),
          ),
        ),
      ),
    );
    expect(costs["mailboxes transact"]).toBeLessThan(count / 10);
    expect(costs["send messages"]).toBeLessThan(count / 10);
    expect(costs["receive"]).toBe(costs["send messages"]);
  });

  test("a session that only listens costs no write and no operation of Service Bus", async () => {
    const session = await register(cluster, "web-2");
    const client = await ClusterClient.open(cluster, session, "web-2");
    // The sessions of the tests before, which have no clients, expire.
    for (let beat = 0; beat < 4; beat += 1) await cluster.beat();
    const one = await cluster.counted(async () => {
      for (let beat = 0; beat < 18; beat += 1) await cluster.beat();
    });
    expect(Object.keys(one).filter((what) => !/ (read|range)$/.test(what))).toEqual([]);
    await client.leave();
  });
});

describe("twenty senders on three instances", () => {
  test("fill one mailbox without a gap, with less than one conflict for each message", async () => {
    const session = await register(cluster, "web-0");
    const [senders, each] = [20, 10];
    const sent = Array.from({ length: senders }, (_, sender) =>
      Array.from({ length: each }, (_text, index) => `${sender}:${index}`),
    );
    const costs = await cluster.counted(() =>
      Promise.all(sent.map((texts, sender) => send(cluster, `web-${sender % 3}`, session, texts))),
    );
    const kept = await cluster.at("web-0").presence.mailboxes.after(session, 0, 1_000);
    expect(kept.map(({ seq }) => seq)).toEqual(
      Array.from({ length: senders * each }, (_, index) => index + 1),
    );
    for (const texts of sent)
      expect(kept.map(({ message }) => message.text ?? "").filter((text) => texts.includes(text))).toEqual(
        texts,
      );
    const { conflict = 0, "mailboxes transact": transactions = 0 } = costs;
    expect(conflict).toBeLessThan(senders * each);
    expect(conflict).toBeLessThan(transactions - conflict);
  });
});

const sum = (costs: Record<string, number>, what: RegExp): number =>
  Object.entries(costs)
    .filter(([name]) => what.test(name))
    .reduce((total, [, count]) => total + count, 0);
