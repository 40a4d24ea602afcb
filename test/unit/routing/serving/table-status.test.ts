import { expect, test } from "vitest";
import {
  decodeStatus,
  encodeStatus,
  type TableStatus,
} from "../../../../shared/routing/serving/table-status.ts";

const status = (name: string, inbound = 1): TableStatus => ({
  name,
  version: `${name}@1`,
  source: "repository",
  since: "2026-01-01T00:00:00.000Z",
  revision: 3,
  inbound: Object.fromEntries(
    Array.from({ length: inbound }, (_, index) => [`inbound-${name}-${index}`, index]),
  ),
  routed: { [`${name}@1`]: 7 },
});

test("comes back as it was written", () => {
  const lastError = { at: "2026-01-01T00:00:00.000Z", revision: 4, reason: "no" };
  const all = [status("a"), { ...status("b"), version: null, source: null, since: null, lastError }];
  expect(decodeStatus(encodeStatus(all))).toEqual(all);
});

test("fits into a row: details of the last tables go first, the own table's last", () => {
  const told = decodeStatus(encodeStatus(Array.from({ length: 9 }, (_, index) => status(`t${index}`, 100))));
  expect(told.map(({ name }) => name)).toHaveLength(9);
  expect(Object.keys(told[0]?.inbound ?? {})).toHaveLength(100);
  expect(told.at(-1)).toMatchObject({ version: "t8@1", inbound: {}, routed: {} });
  const reason = "x".repeat(9_000);
  const failing = { ...status("a"), lastError: { at: "", revision: 1, reason } };
  expect(encodeStatus([failing]).length).toBeLessThan(1_000);
});

test("a row that says nothing, or nothing of ours, has no tables", () => {
  expect([decodeStatus(""), decodeStatus("{"), decodeStatus('[{"name":1}]')]).toEqual([[], [], []]);
});
