import { expect, test } from "vitest";
import type { RoutedMessage } from "../../../../shared/routing/routed-message.ts";
import { Recorded } from "../../../../shared/routing/serving/recorded.ts";

const message = (id: number, table = "default", bytes = 1): RoutedMessage => ({
  pass: { logicalId: `${id}`, replay: 0, table, inbound: "events", hop: 0, headers: {} },
  body: Buffer.alloc(bytes),
  contentType: undefined,
});
const idsIn = (recorded: Recorded, limit = 5_000) =>
  recorded.last("default", limit).map(({ pass }) => Number(pass.logicalId));

test("the newest messages of a table are there, the newest first", () => {
  const recorded = new Recorded();
  for (const id of [1, 2, 3]) recorded.note(message(id));
  recorded.note(message(4, "other"));
  expect(idsIn(recorded)).toEqual([3, 2, 1]);
  expect(idsIn(recorded, 2)).toEqual([3, 2]);
});

test("it never holds more than so many, nor more than so many bytes, and no large ones", () => {
  const many = new Recorded();
  for (let id = 0; id < 5_000; id += 1) many.note(message(id));
  expect(idsIn(many)[0]).toBe(4_999);
  expect(idsIn(many).length).toBeLessThanOrEqual(1_000);
  const large = new Recorded();
  for (let id = 0; id < 100; id += 1) large.note(message(id, "default", 200_000));
  expect(idsIn(large).length).toBeLessThanOrEqual(42);
  large.note(message(100, "default", 300_000));
  expect(idsIn(large)[0]).toBe(99);
});
