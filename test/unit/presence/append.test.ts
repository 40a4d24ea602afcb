import { beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../shared/kernel/clock.ts";
import { noFaultPoints, type FaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Appender } from "../../../shared/presence/append.ts";
import { readHead, toHeadRow } from "../../../shared/presence/head.ts";
import { presenceLimits } from "../../../shared/presence/limits.ts";
import { Mailboxes } from "../../../shared/presence/mailbox.ts";
import { InMemoryTable } from "../../support/in-memory-table.ts";
import { entryWith, headRowWith } from "../../support/mailbox-with.ts";

const session = "session-1";
let table: InMemoryTable;
let mailboxes: Mailboxes;

beforeEach(async () => {
  table = new InMemoryTable();
  mailboxes = new Mailboxes(table);
  await table.insert(headRowWith());
});

const appender = (faults: FaultPoints = noFaultPoints) =>
  new Appender(session, { mailboxes, clock: systemClock, faults });
const texts = async () =>
  (await mailboxes.after(session, 0, 10_000)).map(({ seq, message }) => [seq, message.text]);
const head = () => readHead(table.peek(session, "head")!);

/** Changes the head as another process would, once, when the appender has read it. */
function interfering(change: () => Promise<unknown>): FaultPoints {
  let isDone = false;
  return {
    reach: async (point) => {
      if (point !== "append-head-read" || isDone) return;
      isDone = true;
      await change();
    },
  };
}

describe("an append", () => {
  test("numbers messages from 1, without gaps, in the order in which they were asked for", async () => {
    const one = appender();
    const answers = await Promise.all(["a", "b", "c"].map((text) => one.append(entryWith(text))));
    expect(answers.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await one.append(entryWith("d"))).seq).toBe(4);
    expect(await texts()).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
      [4, "d"],
    ]);
    expect(head().next).toBe(5);
  });

  test("takes what arrives together in one transaction", async () => {
    const one = appender();
    const before = table.transactions;
    await Promise.all(
      Array.from({ length: 49 }, (_, index) => one.append(entryWith(`${index}`, `${index}`))),
    );
    expect(table.transactions - before).toBe(1);
    await Promise.all(Array.from({ length: 50 }, (_, index) => one.append(entryWith(`x${index}`))));
    expect(table.transactions - before).toBe(3);
  });

  test("keeps whatever else the head says", async () => {
    const interference = interfering(async () => {
      const stored = table.peek(session, "head")!;
      const moved = {
        ...readHead(stored),
        owner: { instance: "web-1", incarnation: "other", epoch: 7 },
        epoch: 2,
        version: 9,
      };
      await table.replace(toHeadRow(moved), stored.etag);
    });
    expect((await appender(interference).append(entryWith("a"))).seq).toBe(1);
    expect(head()).toMatchObject({ owner: { instance: "web-1", epoch: 7 }, epoch: 2, version: 9, next: 2 });
  });

  test("of twenty senders on three instances leaves no gap and loses nothing", async () => {
    const instances = [appender(), appender(), appender()];
    const sends = Array.from({ length: 200 }, (_, index) =>
      instances[index % 3]!.append(entryWith(`${index}`)),
    );
    const seqs = (await Promise.all(sends)).map(({ seq }) => seq).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(new Set((await texts()).map(([, text]) => text)).size).toBe(200);
  });
});

describe("an append whose answer is lost", () => {
  test("finds its own message in its place and does not append again", async () => {
    table.loseNextAnswers(1);
    const [a, b] = await Promise.all([appender().append(entryWith("a")), appender().append(entryWith("b"))]);
    expect(new Set([a.seq, b.seq])).toEqual(new Set([1, 2]));
    expect((await texts()).length).toBe(2);
  });
});

describe("a repeated key", () => {
  test("gets the first answer, alone or among others, and is not appended again", async () => {
    const one = appender();
    const first = await one.append(entryWith("a", "key-1"));
    const [x, again, y] = await Promise.all([
      one.append(entryWith("x")),
      one.append(entryWith("a", "key-1")),
      appender().append(entryWith("y")),
    ]);
    expect(again).toEqual({ ...first, isRepeated: true });
    expect([x.isRepeated, y.isRepeated]).toEqual([false, false]);
    expect(new Set((await texts()).map(([, text]) => text))).toEqual(new Set(["a", "x", "y"]));
  });

  test("in one and the same moment is appended once", async () => {
    const one = appender();
    const answers = await Promise.all([1, 2, 3].map(() => one.append(entryWith("a", "key-1"))));
    expect(new Set(answers.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await texts()).toEqual([[1, "a"]]);
  });

  test("with another message is refused", async () => {
    const one = appender();
    await one.append(entryWith("a", "key-1"));
    await expect(one.append(entryWith("b", "key-1"))).rejects.toMatchObject({ kind: "key-reused" });
  });

  test("is answered by a closed mailbox, too", async () => {
    const first = await appender().append(entryWith("a", "key-1"));
    const stored = table.peek(session, "head")!;
    await table.replace(
      toHeadRow({ ...readHead(stored), closed: { reason: "expired", at: "now" } }),
      stored.etag,
    );
    expect(await appender().append(entryWith("a", "key-1"))).toEqual({ ...first, isRepeated: true });
    const late = appender().append(entryWith("b", "key-2"));
    await expect(late).rejects.toMatchObject({
      kind: "session-closed",
      message: expect.stringContaining("expired"),
    });
  });
});

describe("a mailbox", () => {
  test("that does not exist takes nothing", async () => {
    const nowhere = new Appender("nobody", { mailboxes, clock: systemClock, faults: noFaultPoints });
    await expect(nowhere.append(entryWith("a"))).rejects.toMatchObject({ kind: "unknown-session" });
  });

  test("that is full refuses what does not fit, and takes more once some are gone", async () => {
    const stored = table.peek(session, "head")!;
    await table.replace(headRowWith({ first: 11, next: 9 + presenceLimits.maxWaiting }), stored.etag);
    const one = appender();
    const answers = await Promise.allSettled(["a", "b", "c", "d"].map((text) => one.append(entryWith(text))));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
    expect(answers[3]).toMatchObject({ reason: { kind: "mailbox-full" } });
  });
});
