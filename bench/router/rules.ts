import type { Condition, Event } from "./condition.ts";

/** Rules, and events that fit a few of them. */
export interface Workload {
  name: string;
  rules: readonly Condition[];
  events: readonly string[];
}

const eventCount = 1_000;

/** So many rules: 70 % equality, 10 % prefixes, 10 % ranges, 10 % boolean; and events of about 300 bytes. */
export function mixedRules(count: number): Workload {
  return {
    name: `${count.toLocaleString("en")} rules, full mix`,
    rules: Array.from({ length: count }, (_, at) => mixedRule(at, count)),
    events: events(count, 1),
  };
}

export function equalityRules(count: number): Workload {
  return {
    name: `${count.toLocaleString("en")} equality rules`,
    rules: Array.from({ length: count }, (_, at) => equality(at)),
    events: events(count, 1),
  };
}

function mixedRule(at: number, count: number): Condition {
  switch (at % 10) {
    case 0:
      return { op: "prefix", field: "source", text: `/shops/${at}/` };
    case 1:
      return range(at);
    case 2:
      return boolean(at, count);
    default:
      return equality(at);
  }
}

function equality(at: number): Condition {
  const [field, text] = (
    [
      ["type", "com.example.order."],
      ["subject", "orders/"],
      ["data.customer", "customer-"],
      ["data.product", "product-"],
    ] as const
  )[at % 4] ?? ["type", ""];
  return { op: "equals", field, value: `${text}${at}` };
}

function range(at: number): Condition {
  return { op: "range", field: "data.amount", from: at, below: at + 5 };
}

/** An And with a value that many ask for, an Or, and an And with a Not, in turn. */
function boolean(at: number, count: number): Condition {
  switch (Math.floor(at / 10) % 3) {
    case 0:
      return {
        op: "all",
        of: [
          { op: "equals", field: "data.region", value: `region-${at % Math.ceil(count / 200)}` },
          range(at),
        ],
      };
    case 1:
      return {
        op: "any",
        of: [
          { op: "equals", field: "data.customer", value: `customer-${at}` },
          { op: "prefix", field: "source", text: `/depots/${at}/` },
        ],
      };
    default:
      return {
        op: "all",
        of: [
          { op: "equals", field: "data.product", value: `product-${at}` },
          { op: "not", of: { op: "equals", field: "data.status", value: "closed" } },
        ],
      };
  }
}

function events(ruleCount: number, seed: number): string[] {
  const random = randomFrom(seed);
  return Array.from({ length: eventCount }, (_, at) => {
    const nth = (): number => random(ruleCount);
    const event: Event & Record<string, unknown> = {
      specversion: "1.0",
      id: `5f0c1a7e-${String(at).padStart(8, "0")}`,
      type: `com.example.order.${nth()}`,
      source: `/${random(2) === 0 ? "shops" : "depots"}/${nth()}/desk`,
      subject: `orders/${nth()}`,
      time: "2026-11-21T12:00:00Z",
      data: {
        customer: `customer-${nth()}`,
        product: `product-${nth()}`,
        region: `region-${random(Math.ceil(ruleCount / 200))}`,
        amount: nth() + 0.5,
        status: random(2) === 0 ? "open" : "closed",
        isExpress: random(2) === 0,
      },
    };
    return JSON.stringify(event);
  });
}

/** 35 rules of seven kinds on events of 850 bytes, as the published figures of an event router have them. */
export function familyRules(): Workload {
  const families: ((at: number) => Condition)[] = [
    (at) => ({ op: "equals", field: "type", value: `com.example.order.${at * 200}` }),
    (at) => ({ op: "prefix", field: "source", text: `/shops/${at}` }),
    (at) => ({ op: "suffix", field: "subject", text: `${at}${at}` }),
    (at) => ({ op: "range", field: "data.amount", from: at * 200, below: at * 200 + 20 }),
    (at) => ({
      op: "any",
      of: [0, 1, 2].map((nth): Condition => ({
        op: "equals",
        field: "data.customer",
        value: `customer-${at * 100 + nth}`,
      })),
    }),
    (at) => ({ op: "not", of: { op: "equals", field: "data.region", value: `region-${at}` } }),
    (at) => ({
      op: "all",
      of: [
        { op: "equals", field: "data.status", value: "open" },
        { op: "range", field: "data.amount", from: at * 150, below: at * 150 + 50 },
      ],
    }),
  ];
  return {
    name: "35 rules, events of 850 bytes",
    rules: families.flatMap((family) => Array.from({ length: 5 }, (_, at) => family(at))),
    events: events(1_000, 2).map(lengthened),
  };
}

const wantedLength = 850;

/** Fields that no rule looks at, as most of an event is. */
function lengthened(text: string, at: number): string {
  const event: Record<string, unknown> = JSON.parse(text);
  const line = (nth: number): Record<string, unknown> => ({
    sku: `sku-${at}-${nth}`,
    count: nth,
    price: 9.5,
  });
  event["lines"] = [1, 2, 3, 4, 5, 6].map(line);
  event["note"] = "";
  event["note"] = "n".repeat(Math.max(0, wantedLength - JSON.stringify(event).length));
  return JSON.stringify(event);
}

function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
