import type { InputFault } from "../kernel/problem.ts";
import { compileFilter, type CompiledFilter, type CompileOptions } from "./compile-filter.ts";
import { FilterFault } from "./filter-fault.ts";
import { orderFilters } from "./filter-order.ts";
import { KeyIndex } from "./key-index.ts";
import { exchangeOf } from "./reach.ts";
import { own, type Entry, type Exchange, type RoutingTable } from "./table.ts";

/** An entry with its filter compiled. */
export interface CompiledEntry {
  /** Its place in the table. */
  index: number;
  entry: Entry;
  exchange: Exchange | undefined;
  filter: CompiledFilter;
  /** Whether other entries have the same filter. */
  isShared: boolean;
  backups: readonly string[];
}

/** The entries that serve one exchange, the highest priority first, and what finds those of them that may match. */
export interface ExchangePlan {
  entries: readonly CompiledEntry[];
  index: KeyIndex;
}

/** A table that is ready to match: compiled and indexed once, and never changed. */
export interface CompiledTable {
  table: RoutingTable;
  /** In the order of the table. */
  entries: readonly CompiledEntry[];
  plans: ReadonlyMap<Exchange, ExchangePlan>;
}

/** Filters that are compiled between two stops: a few milliseconds of work, more where they are expressions. */
const filtersInOneStep = 50;

/** Compiles a table that has been checked, or tells every filter of it that is not sound. */
export function compileTable(table: RoutingTable, options: CompileOptions): Compilation {
  const steps = compileInSteps(table, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

export type Compilation = CompiledTable | { faults: InputFault[] };

/** Like compileTable, and stops now and then, so that a process that does other work goes on with it: a large table takes seconds. */
export function* compileInSteps(
  table: RoutingTable,
  options: CompileOptions,
): Generator<undefined, Compilation> {
  const { filters, faults } = yield* compileFilters(table, options);
  if (faults.length > 0) return { faults };
  const uses = new Map<string, number>();
  for (const { filter } of table.entries) uses.set(filter, (uses.get(filter) ?? 0) + 1);
  const entries = table.entries.flatMap((entry, index): CompiledEntry[] => {
    const filter = filters.get(entry.filter);
    if (!filter) return [];
    const exchange = exchangeOf(table, entry.endpoint);
    const backups = entry.backupList === undefined ? [] : (own(table.backupLists, entry.backupList) ?? []);
    const isShared = (uses.get(entry.filter) ?? 0) > 1;
    return [{ index, entry, exchange, filter, isShared, backups }];
  });
  const exchanges = new Set(Object.values(table.inbound).map(({ exchange }) => exchange));
  const plans = new Map([...exchanges].map((exchange) => [exchange, planFor(exchange, entries)]));
  return { table, entries, plans };
}

function planFor(exchange: Exchange, all: readonly CompiledEntry[]): ExchangePlan {
  const entries = all
    .filter((entry) => entry.exchange === exchange)
    .sort((a, b) => b.entry.priority - a.entry.priority || a.index - b.index);
  return {
    entries,
    index: new KeyIndex(
      entries.map(({ filter }) => (filter.unless ? { unless: filter.unless } : filter.keys)),
    ),
  };
}

function* compileFilters(
  table: RoutingTable,
  options: CompileOptions,
): Generator<undefined, { filters: Map<string, CompiledFilter>; faults: InputFault[] }> {
  const filters = new Map<string, CompiledFilter>();
  const faults: InputFault[] = [];
  for (const name of orderFilters(new Map(Object.entries(table.filters))).order) {
    const filter = own(table.filters, name);
    if (!filter) continue;
    if (filters.size % filtersInOneStep === 0) yield undefined;
    try {
      const compiled = compileFilter(name, filter, table, filters, options);
      filters.set(name, compiled);
      if (table.routeOnHeadersOnly && compiled.readsBody) {
        faults.push({
          path: `filters.${name}`,
          message: "looks at the body, but the table routes on headers only (routeOnHeadersOnly)",
        });
      }
    } catch (error) {
      if (!(error instanceof FilterFault)) throw error;
      faults.push({ path: ["filters", name, error.path].filter(Boolean).join("."), message: error.message });
    }
  }
  return { filters, faults };
}
