import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { toHeadRow, type Head } from "../../shared/presence/head.ts";
import { Mailboxes } from "../../shared/presence/mailbox.ts";
import { toSessionRow } from "../../shared/presence/session-row.ts";
import { ClusterClient } from "../support/cluster-client.ts";
import { expectAgreement, register, send } from "../support/cluster-facts.ts";
import { headWith } from "../support/mailbox-with.ts";
import { PresenceCluster } from "../support/presence-cluster.ts";

const tidyMs = 1_200_000;

let cluster: PresenceCluster;
let mailboxes: Mailboxes;

beforeAll(async () => {
  cluster = await PresenceCluster.start(["web-0", "web-1"], { endedRetentionMs: 0 });
  mailboxes = new Mailboxes(cluster.tables.mailboxes);
});

beforeEach(() => cluster.revive());

afterEach(() => cluster.points.refuseUnreached());

afterAll(() => cluster[Symbol.asyncDispose]());

const count = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

/** Sends many at once, in order. */
const sendMany = (session: string, texts: readonly string[]) =>
  cluster.run("web-1", ({ presence: { sender } }) =>
    Promise.all(
      texts.map((text) =>
        sender.send({
          from: { sessionId: "sender", userName: "bob" },
          to: { session },
          content: { text },
          key: undefined,
        }),
      ),
    ),
  );

describe("an instance that dies while it takes a message", () => {
  const points: FaultPoint[] = [
    "append-head-read",
    "append-committed",
    "append-before-nudge",
    "append-nudged",
  ];

  test.each(points)("at %s, and its sender who sends it again, make one message", async (point) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await send(cluster, "web-1", session, ["1", "2"]);
    const died = cluster.points.arm(point, { on: "web-1" });
    await send(cluster, "web-1", session, ["3", "4"]);
    await cluster.untilDead(died);
    await cluster.boot("web-1");
    await send(cluster, "web-1", session, ["4", "5"]);
    await cluster.until(() => expect(client.texts).toEqual(count(1, 5)));
    await client.leave();
  });
});

describe("an instance that dies while it trims", () => {
  const cases: [FaultPoint, number][] = [
    ["trim-first-raised", 1],
    ["trim-deleted", 60],
  ];

  test.each(cases)("at %s, time %i, loses nothing that is not acknowledged", async (point, nth) => {
    const session = await register(cluster, "web-0");
    const client = await ClusterClient.open(cluster, session, "web-0");
    await sendMany(session, count(1, 220));
    await cluster.until(() => expect(client.texts).toHaveLength(220));
    const died = cluster.points.arm(point, { on: "web-0", nth });
    const acknowledge = (instance: string) =>
      cluster.run(instance, ({ presence }) => presence.acknowledge(session, client.cursor));
    await acknowledge("web-0");
    await cluster.untilDead(died);
    // Said before anything is gone: a reader who was away is told of what it has missed.
    expect((await mailboxes.head(session))?.["first"]).toBe(121);
    await cluster.boot("web-0");
    await sendMany(session, count(221, 330));
    await cluster.until(() => expect(client.texts).toEqual(count(1, 330)));
    const owner = cluster.living().find(({ presence }) => presence.sessions.own(session));
    await acknowledge(owner?.id ?? "");
    await cluster.until(async () => {
      expect(await mailboxes.rowsBefore(session, 231, 1)).toEqual([]);
      expect(await mailboxes.after(session, 230, 1_000)).toHaveLength(100);
    });
    await client.leave();
  });
});

describe("a session that ended long ago", () => {
  /** A session that ended with three messages, of which one was acknowledged. */
  async function end(): Promise<string> {
    const session = await register(cluster, "web-0");
    await send(cluster, "web-1", session, ["1", "2", "3"]);
    await cluster.run("web-0", ({ presence }) => presence.acknowledge(session, { seq: 1, broadcast: 0 }));
    await cluster.run("web-1", ({ presence }) => presence.sessions.close(session, "closed"));
    await cluster.until(() => expectAgreement(cluster));
    return session;
  }

  /** What is left of it in the tables, and the numbers of its messages that are on `rejected`. */
  async function leftOf(session: string) {
    const mailbox = await cluster.tables.mailboxes.partition(session);
    const rows = (await cluster.tables.sessions.everything()).filter(({ rowKey }) => rowKey === session);
    const rejected = (await cluster.rejected()).filter((id) => id.startsWith(session));
    return { mailbox, rows, rejected: [...new Set(rejected.map((id) => id.slice(session.length + 1)))] };
  }

  const gone = { mailbox: [], rows: [], rejected: ["2", "3"] };

  test("goes, and what nobody has acknowledged is on rejected", async () => {
    const session = await end();
    await cluster.pass(tidyMs);
    await cluster.until(async () => expect(await leftOf(session)).toEqual(gone));
  });

  const points: FaultPoint[] = ["tidy-rejected", "tidy-messages-removed", "tidy-head-removed"];

  test.each(points)("goes as a whole although its owner dies at %s", async (point) => {
    const session = await end();
    const died = cluster.points.arm(point, { on: "web-0" });
    await cluster.pass(tidyMs);
    await cluster.untilDead(died);
    await cluster.boot("web-0");
    await cluster.pass(tidyMs);
    await cluster.until(async () => expect(await leftOf(session)).toEqual(gone));
  });
});

describe("a process that stood still and writes when its sessions have been reaped", () => {
  /** What it writes when it goes on in the middle of a registration. */
  async function writeLate(owner: Head["owner"]): Promise<string> {
    const head = headWith({ session: `late-${owner.incarnation}`, owner });
    await cluster.tables.sessions.insert(toSessionRow(head, "open"));
    await cluster.tables.mailboxes.insert(toHeadRow(head));
    return head.session;
  }

  const ownerOf = (id: string): Head["owner"] => {
    const { incarnation, epoch } = cluster.at(id).registration;
    return { instance: id, incarnation, epoch };
  };

  test("leaves no session behind once its next life has looked through its partition", async () => {
    const owner = ownerOf("web-1");
    await cluster.boot("web-1");
    await cluster.until(() => expectAgreement(cluster));
    await cluster.until(async () => {
      const { reapedEpoch } = (await cluster.at("web-0").directory.read()).find(({ id }) => id === "web-1")!;
      expect(reapedEpoch).toBe(owner.epoch);
    });
    const session = await writeLate(owner);
    await cluster.pass(tidyMs);
    await cluster.until(() => expectAgreement(cluster));
    expect((await cluster.heads()).find((head) => head.session === session)?.closed?.reason).toBe(
      "instance-lost",
    );
  });

  test("leaves none although its instance never comes back", async () => {
    const owner = ownerOf("web-1");
    cluster.at("web-1").kill();
    await cluster.until(async () => {
      const { reapedEpoch } = (await cluster.at("web-0").directory.read()).find(({ id }) => id === "web-1")!;
      expect(reapedEpoch).toBe(owner.epoch);
    });
    const session = await writeLate(owner);
    await cluster.pass(tidyMs);
    await cluster.until(() => expectAgreement(cluster));
    expect((await cluster.heads()).find((head) => head.session === session)?.closed?.reason).toBe(
      "instance-lost",
    );
  });
});
