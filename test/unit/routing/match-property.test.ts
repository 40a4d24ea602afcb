import { expect, test } from "vitest";
import { matchMessage } from "../../../shared/routing/match.ts";
import { takenByReference } from "./reference.ts";
import { read, viewOf } from "./table-with.ts";

/** Numbers that look random and are the same in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;
const pick = <T>(random: Random, items: readonly [T, ...T[]]): T => items[random(items.length)] ?? items[0];

const words = ["a", "ab", "abc", "b", "bc", "c"] as const;
const keys = ["p", "q", "r"] as const;
const addresses = ["/a", "/a/b", "/a/b/c", "/b", "/"] as const;

function randomTest(random: Random): unknown {
  const makers = [
    () => pick(random, words),
    () => random(5),
    () => pick(random, [null, true, false]),
    () => ({ prefix: pick(random, words) }),
    () => ({ numeric: [pick(random, [">=", "<"]), random(5)] }),
    () => ({ "anything-but": pick(random, words) }),
    () => ({ exists: true }),
  ] as const;
  return makers[random(makers.length)]?.();
}

function randomPattern(random: Random, depth: number): Record<string, unknown> {
  const fields = Array.from({ length: 1 + random(2) }, (): [string, unknown] => [
    pick(random, keys),
    depth > 0 && random(3) === 0
      ? randomPattern(random, depth - 1)
      : Array.from({ length: 1 + random(2) }, () => randomTest(random)),
  ]);
  return Object.fromEntries(fields);
}

function randomFilter(random: Random, below: number): Record<string, unknown> {
  const operand = (): string => `f${random(Math.max(below, 1))}`;
  switch (random(below === 0 ? 5 : 9)) {
    case 0:
      return { type: "Action", actions: [pick(random, words), pick(random, words)] };
    case 1:
      return { type: "EndpointName", name: pick(random, ["one", "two"]) };
    case 2:
      return { type: "PrefixEndpointAddress", address: pick(random, addresses) };
    case 3:
      return { type: "Headers", pattern: { [pick(random, keys)]: [randomTest(random)] } };
    case 5:
      return { type: "And", filters: [operand(), operand()] };
    case 6:
      return { type: "Or", filters: [operand(), operand()] };
    case 7:
      return { type: "Not", filter: operand() };
    default:
      return { type: "Fields", pattern: randomPattern(random, 2) };
  }
}

function randomValue(random: Random, depth: number): unknown {
  if (depth > 0 && random(3) === 0) return randomObject(random, depth - 1);
  if (depth > 0 && random(4) === 0)
    return Array.from({ length: 1 + random(2) }, () => randomValue(random, depth - 1));
  return pick<unknown>(random, [pick(random, words), random(5), null, true]);
}

function randomObject(random: Random, depth: number): Record<string, unknown> {
  return Object.fromEntries(keys.filter(() => random(4) > 0).map((key) => [key, randomValue(random, depth)]));
}

function randomTable(random: Random): ReturnType<typeof read> {
  const filters = Array.from({ length: 12 }, (_, at): [string, unknown] => [
    `f${at}`,
    randomFilter(random, Math.min(at, 8)),
  ]);
  const entries = filters.map(([filter]) => ({
    filter,
    endpoint: pick(random, ["echo", "spare", "third"]),
    priority: random(3),
  }));
  // Entries that would be refused because nothing can reach them are not what this is about.
  const inbound = {
    one: { exchange: "one-way" },
    two: { exchange: "one-way" },
    three: { exchange: "one-way" },
  };
  return read({ inbound, filters: Object.fromEntries(filters), entries });
}

function tryTable(random: Random): ReturnType<typeof read> {
  for (;;) {
    try {
      return randomTable(random);
    } catch {
      continue;
    }
  }
}

test("matching with an index gives what asking every filter gives", () => {
  const random = randomFrom(20_261_121);
  const differences: unknown[] = [];
  let matched = 0;
  for (let round = 0; round < 20; round += 1) {
    const compiled = tryTable(random);
    for (let nth = 0; nth < 40; nth += 1) {
      const view = viewOf({
        inbound: pick(random, ["one", "two", "three"]),
        ...(random(5) > 0 ? { address: pick(random, addresses) } : {}),
        headers: {
          ...(random(2) > 0 ? { action: pick(random, words) } : {}),
          [pick(random, keys)]: pick(random, words),
        },
        ...(random(10) > 0 ? { json: randomValue(random, 3) } : { body: "<no" }),
      });
      const match = matchMessage(compiled, view);
      const taken =
        match.outcome === "matched"
          ? match.branches.flatMap(({ entries }) => entries).sort((a, b) => a - b)
          : [];
      if (taken.length > 0) matched += 1;
      const wanted = takenByReference(compiled, view);
      if (taken.join() !== wanted.join()) differences.push({ round, nth, taken, wanted });
    }
  }
  expect(differences).toEqual([]);
  expect(matched).toBeGreaterThan(400);
});
