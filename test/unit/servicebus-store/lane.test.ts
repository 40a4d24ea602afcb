import { describe, expect, test } from "vitest";
import { Lane } from "../../../local/servicebus/store/lane.ts";
import { MessageLog } from "../../../local/servicebus/store/message-log.ts";
import { storedMessage, type StoredMessage } from "../../../local/servicebus/store/message.ts";
import { content } from "./plain-content.ts";

function message(order: number): StoredMessage {
  const arrival = { content: content(String(order)), hops: 0, timeToLiveMs: Infinity };
  return storedMessage(arrival, { state: "active", sequence: order, order, now: 0, expires: false });
}

function drained(lane: Lane): number[] {
  const orders: number[] = [];
  for (let next = lane.take(); next !== undefined; next = lane.take()) orders.push(next.order);
  return orders;
}

describe("a lane", () => {
  test("gives messages in the order they came in", () => {
    const lane = new Lane();
    for (const order of [1, 2, 3]) lane.push(message(order));
    expect(drained(lane)).toEqual([1, 2, 3]);
  });

  test("puts a returned message back where it was", () => {
    const lane = new Lane();
    for (const order of [1, 2, 3, 4]) lane.push(message(order));
    const taken = [lane.take(), lane.take(), lane.take()];
    for (const order of [2, 0]) lane.giveBack(taken[order]!);
    expect(drained(lane)).toEqual([1, 3, 4]);
  });

  test("skips what was removed, wherever it stood, and counts what is left", () => {
    const lane = new Lane();
    const all = Array.from({ length: 3_000 }, (_, order) => message(order));
    for (const entry of all) lane.push(entry);
    const back = lane.take()!;
    lane.giveBack(back);
    lane.remove(back);
    for (const entry of all.slice(1)) if (entry.order % 1_000 !== 999) lane.remove(entry);
    lane.remove(all[5]!);
    expect(lane.size).toBe(3);
    expect(drained(lane)).toEqual([999, 1_999, 2_999]);
    expect(lane.size).toBe(0);
  });

  test("keeps the order through any mix of arrivals, takes and returns", () => {
    const lane = new Lane();
    const held: StoredMessage[] = [];
    const done: number[] = [];
    for (let order = 0; order < 2_000; order++) {
      lane.push(message(order));
      if (order % 3 === 0) held.push(lane.take()!);
      if (order % 7 === 0) lane.giveBack(held.pop()!);
    }
    for (const entry of held) lane.giveBack(entry);
    done.push(...drained(lane));
    expect(done).toEqual(Array.from({ length: 2_000 }, (_, order) => order));
  });
});

describe("a message log", () => {
  test("finds messages by number and walks along from one", () => {
    const log = new MessageLog();
    for (const sequence of [1, 2, 5, 9]) log.add(message(sequence));
    expect(log.get(5)?.sequence).toBe(5);
    expect([...log.from(3)].map((entry) => entry.sequence)).toEqual([5, 9]);
    expect([...log.from(10)]).toEqual([]);
  });

  test("stays in order when dead letters come with older numbers", () => {
    const log = new MessageLog();
    for (const sequence of [7, 3, 9, 1]) log.add(message(sequence));
    expect([...log.from(0)].map((entry) => entry.sequence)).toEqual([1, 3, 7, 9]);
  });

  test("forgets what is removed, thousands of it, and knows a number that comes again", () => {
    const log = new MessageLog();
    const all = Array.from({ length: 2_000 }, (_, sequence) => message(sequence));
    for (const entry of all) log.add(entry);
    for (const entry of all) if (entry.sequence !== 1_234) log.remove(entry);
    const again = message(7);
    log.add(again);
    expect(log.size).toBe(2);
    expect([...log.from(0)].map((entry) => entry.sequence)).toEqual([7, 1_234]);
  });
});
