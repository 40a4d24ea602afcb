import type { CompiledTable } from "../../../shared/routing/compile-table.ts";
import { matchMessage } from "../../../shared/routing/match.ts";
import type { MessageView } from "../../../shared/routing/message-view.ts";
import { takenByReference } from "./reference.ts";
import { read, viewOf } from "./table-with.ts";

export type Random = (below: number) => number;

/** Numbers that look random and are the same in every run. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What differed between the index and the reference in so many tables with so many messages each. */
export function compareWithReference(
  random: Random,
  tables: number,
  messages: number,
): { differences: unknown[]; matched: number } {
  const differences: unknown[] = [];
  let matched = 0;
  for (let round = 0; round < tables; round += 1) {
    const compiled = tryTable(random);
    for (let nth = 0; nth < messages; nth += 1) {
      const view = randomView(random);
      const match = matchMessage(compiled, view);
      const branches = match.outcome === "matched" ? match.branches : [];
      const taken = branches.flatMap(({ entries }) => entries).sort((a, b) => a - b);
      if (taken.length > 0) matched += 1;
      const wanted = takenByReference(compiled, view);
      if (taken.join() !== wanted.join()) differences.push({ round, nth, taken, wanted });
    }
  }
  return { differences, matched };
}

const pick = <T>(random: Random, items: readonly [T, ...T[]]): T => items[random(items.length)] ?? items[0];

const words = ["a", "ab", "abc", "b", "bc", "c"] as const;
const keys = ["p", "q", "r"] as const;
const attributes = ["type", "subject"] as const;
const addresses = ["/a", "/a/b", "/a/b/c", "/b", "/"] as const;

function randomTest(random: Random): unknown {
  const [low, high] = [random(4), 4 + random(2)];
  const makers = [
    () => pick(random, words),
    () => random(5),
    () => pick(random, [null, true, false]),
    () => ({ prefix: pick(random, words) }),
    () => ({ suffix: pick(random, words) }),
    () => ({ wildcard: pick(random, ["a*", "*b", "a*c", "*", "*b*"]) }),
    () => ({ "equals-ignore-case": pick(random, ["A", "aB", "bc"]) }),
    () => ({ numeric: [pick(random, [">=", "<", ">", "<=", "="]), random(5)] }),
    () => ({ numeric: [pick(random, [">=", ">"]), low, pick(random, ["<", "<="]), high] }),
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

/** One or two comparisons: the reference reads just these. */
function randomExpression(random: Random): string {
  const term = (): string =>
    random(2) === 0
      ? `body.${pick(random, keys)} == ${pick(random, ["'a'", "'ab'", "1", "2.0", "true", "null"])}`
      : pick(random, [
          `headers.${pick(random, keys)} == '${pick(random, words)}'`,
          `body.${pick(random, keys)} >= ${random(5)}.0`,
          `${pick(random, ["1", "'b'"])} == body.${pick(random, keys)}`,
        ]);
  return random(2) === 0 ? term() : [term(), term()].join(pick(random, [" && ", " || "]));
}

function randomSql(random: Random): string {
  const term = (): string =>
    pick(random, [
      `${pick(random, attributes)} = '${pick(random, words)}'`,
      `${pick(random, attributes)} LIKE '${pick(random, words)}%'`,
    ]);
  return random(2) === 0 ? term() : [term(), term()].join(pick(random, [" AND ", " OR "]));
}

function randomDialect(random: Random, depth = 2): Record<string, unknown> {
  const inner = (): unknown => randomDialect(random, depth - 1);
  switch (random(depth > 0 ? 5 : 2)) {
    case 0:
      return { sql: randomSql(random) };
    case 2:
      return { all: [inner(), inner()] };
    case 3:
      return { any: [inner(), inner()] };
    case 4:
      return { not: inner() };
    default:
      return {
        [pick(random, ["exact", "prefix", "suffix"])]: { [pick(random, attributes)]: pick(random, words) },
      };
  }
}

function randomFilter(random: Random, below: number): Record<string, unknown> {
  const operand = (): string => `f${random(Math.max(below, 1))}`;
  switch (random(below === 0 ? 8 : 12)) {
    case 0:
      return { type: "Action", actions: [pick(random, words), pick(random, words)] };
    case 1:
      return { type: "EndpointName", name: pick(random, ["one", "two"]) };
    case 2:
      return { type: "PrefixEndpointAddress", address: pick(random, addresses) };
    case 3:
      return { type: "Headers", pattern: { [pick(random, keys)]: [randomTest(random)] } };
    case 4:
      return { type: "EndpointAddress", address: pick(random, addresses) };
    case 5:
      return { type: "Cel", expression: randomExpression(random) };
    case 6:
      return { type: "CloudEvents", filters: [randomDialect(random)] };
    case 8:
      return { type: "And", filters: [operand(), operand()] };
    case 9:
      return { type: "Or", filters: [operand(), operand()] };
    case 10:
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

function randomView(random: Random): MessageView {
  const event =
    random(2) === 0
      ? {}
      : { "ce-specversion": "1.0", [`ce-${pick(random, attributes)}`]: pick(random, words) };
  return viewOf({
    inbound: pick(random, ["one", "two", "three"]),
    ...(random(5) > 0 ? { address: pick(random, addresses) } : {}),
    headers: {
      ...(random(2) > 0 ? { action: pick(random, words) } : {}),
      [pick(random, keys)]: pick(random, words),
      ...event,
    },
    ...(random(10) > 0 ? { json: randomValue(random, 3) } : { body: "<no" }),
  });
}

function randomTable(random: Random): CompiledTable {
  // Long tables make postings that are divided.
  const count = random(4) === 0 ? 60 : 12;
  const filters = Array.from({ length: count }, (_, at): [string, unknown] => [
    `f${at}`,
    randomFilter(random, Math.min(at, 8)),
  ]);
  const entries = filters.map(([filter]) => ({
    filter,
    endpoint: pick(random, ["echo", "spare", "third"]),
    priority: random(3),
  }));
  const inbound = {
    one: { exchange: "one-way" },
    two: { exchange: "one-way" },
    three: { exchange: "one-way" },
  };
  return read({ inbound, filters: Object.fromEntries(filters), entries });
}

/** Tables that are refused, because entries of theirs cannot be reached or ranges are empty, are not what this is about. */
function tryTable(random: Random): CompiledTable {
  for (;;) {
    try {
      return randomTable(random);
    } catch {
      continue;
    }
  }
}
