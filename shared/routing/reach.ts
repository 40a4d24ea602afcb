import type { InputFault } from "../kernel/problem.ts";
import { orderFilters } from "./filter-order.ts";
import { endpointsOf, own, type Exchange, type Filter, type RoutingTable } from "./table.ts";

/** Through which inbound endpoints messages that a filter matches may come, and through which it matches every message. */
interface Reach {
  possible: ReadonlySet<string>;
  certain: ReadonlySet<string>;
}

/**
 * Finds entries that no message can ever come to: because exchanges do not fit (an endpoint serves inbound endpoints of its own exchange
 * only), or because entries of higher priority take everything. Filters are judged by what they say of inbound endpoints alone.
 */
export function findUnreachable(table: RoutingTable): InputFault[] {
  const reaches = reachOfFilters(table);
  const taken = new Set<string>();
  const faults: InputFault[] = [];
  const entries = table.entries.map((entry, index) => ({ entry, index }));
  for (const level of byPriority(entries)) {
    const certain: string[] = [];
    for (const { entry, index } of level) {
      const exchange = exchangeOf(table, entry.endpoint);
      const reach = reaches.get(entry.filter);
      if (!exchange || !reach) continue;
      const fits = (inbound: string): boolean => own(table.inbound, inbound)?.exchange === exchange;
      const open = [...reach.possible].filter(fits);
      const path = `entries.${index}`;
      if (open.length === 0) {
        faults.push({
          path,
          message: `endpoint '${entry.endpoint}' is ${exchange}, and ${whichInbound(reach, table)} is: these exchanges do not fit`,
        });
      } else if (open.every((inbound) => taken.has(inbound))) {
        faults.push({
          path,
          message: `can never be reached: entries of higher priority match every message of ${open.join(", ")}`,
        });
      }
      for (const inbound of reach.certain) if (fits(inbound)) certain.push(inbound);
    }
    for (const inbound of certain) taken.add(inbound);
  }
  return faults;
}

function whichInbound({ possible }: Reach, table: RoutingTable): string {
  if (possible.size === Object.keys(table.inbound).length) return "no inbound endpoint";
  return possible.size === 0
    ? "no inbound endpoint that its filter lets through"
    : `none of ${[...possible].join(", ")}`;
}

/** The exchange of an endpoint or a choice; a choice whose endpoints differ is refused elsewhere. */
export function exchangeOf(table: RoutingTable, endpoint: string): Exchange | undefined {
  const first = endpointsOf(table, { endpoint })[0];
  return first === undefined ? undefined : own(table.endpoints, first)?.exchange;
}

function* byPriority<T extends { entry: { priority: number } }>(entries: readonly T[]): Generator<T[]> {
  const levels = new Map<number, T[]>();
  for (const item of entries) {
    const level = levels.get(item.entry.priority);
    if (level) level.push(item);
    else levels.set(item.entry.priority, [item]);
  }
  for (const priority of [...levels.keys()].sort((a, b) => b - a)) yield levels.get(priority) ?? [];
}

function reachOfFilters(table: RoutingTable): Map<string, Reach> {
  const all: ReadonlySet<string> = new Set(Object.keys(table.inbound));
  const filters = new Map(Object.entries(table.filters));
  const reaches = new Map<string, Reach>();
  for (const name of orderFilters(filters).order) {
    const filter = filters.get(name);
    if (filter) reaches.set(name, reachOf(filter, reaches, all));
  }
  return reaches;
}

function reachOf(filter: Filter, known: ReadonlyMap<string, Reach>, all: ReadonlySet<string>): Reach {
  const nowhere = new Set<string>();
  const reach = (name: string): Reach => known.get(name) ?? { possible: all, certain: nowhere };
  switch (filter.type) {
    case "MatchAll":
      return { possible: all, certain: all };
    case "EndpointName":
      return { possible: new Set([filter.name]), certain: new Set([filter.name]) };
    case "And":
    case "Or": {
      const join = filter.type === "And" ? intersection : union;
      const operands = filter.filters.map(reach);
      return {
        possible: join(operands.map((r) => r.possible)),
        certain: join(operands.map((r) => r.certain)),
      };
    }
    case "Not": {
      const { possible, certain } = reach(filter.filter);
      return { possible: without(all, certain), certain: without(all, possible) };
    }
    default:
      return { possible: all, certain: nowhere };
  }
}

function intersection([first = new Set(), ...rest]: readonly ReadonlySet<string>[]): Set<string> {
  return new Set([...first].filter((item) => rest.every((set) => set.has(item))));
}

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

function without(all: ReadonlySet<string>, some: ReadonlySet<string>): Set<string> {
  return new Set([...all].filter((item) => !some.has(item)));
}
