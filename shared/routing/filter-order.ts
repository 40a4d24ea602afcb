import type { Filter } from "./table.ts";

/** The filters that a filter names. */
export function operandsOf(filter: Filter): readonly string[] {
  if (filter.type === "And" || filter.type === "Or") return filter.filters;
  return filter.type === "Not" ? [filter.filter] : [];
}

export interface FilterOrder {
  /** Every filter after the ones that it names. */
  order: readonly string[];
  /** How many filters lie on the longest way down from each, itself included. */
  heights: ReadonlyMap<string, number>;
  /** What is left: filters that name themselves, or name one that does. */
  cyclic: readonly string[];
}

/** Puts filters in an order in which operands come first. Without recursion: a chain may be as long as the table. */
export function orderFilters(filters: ReadonlyMap<string, Filter>): FilterOrder {
  const users = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [name, filter] of filters) {
    const operands = [...new Set(operandsOf(filter))].filter((operand) => filters.has(operand));
    missing.set(name, operands.length);
    for (const operand of operands) {
      const known = users.get(operand);
      if (known) known.push(name);
      else users.set(operand, [name]);
    }
  }
  const order = [...filters.keys()].filter((name) => missing.get(name) === 0);
  const heights = new Map(order.map((name) => [name, 1]));
  for (const name of order) {
    for (const user of users.get(name) ?? []) {
      heights.set(user, Math.max(heights.get(user) ?? 1, (heights.get(name) ?? 1) + 1));
      const left = (missing.get(user) ?? 1) - 1;
      missing.set(user, left);
      if (left === 0) order.push(user);
    }
  }
  return { order, heights, cyclic: [...filters.keys()].filter((name) => (missing.get(name) ?? 0) > 0) };
}
