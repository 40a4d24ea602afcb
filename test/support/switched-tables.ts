import { Problem } from "../../shared/kernel/problem.ts";
import { localRun } from "../../shared/routing/outbound-policy.ts";
import { readTable } from "../../shared/routing/read-table.ts";
import type { ServedTable, ServedTables } from "../../shared/routing/served-table.ts";

/** Tables that a test switches from one moment to the next: what serves is another object, as on an instance that has refreshed. */
export class SwitchedTables implements ServedTables {
  readonly #tables = new Map<string, ServedTable>();
  readonly counted: string[] = [];
  #versions = 0;

  /** Serves this table from now on, under the next version. */
  serve(parts: Record<string, unknown>): ServedTable {
    const text = JSON.stringify({ name: "default", ...parts });
    const compiled = readTable(text, {
      outbound: localRun,
      reservedEntities: new Set(),
      tokenResources: new Set(),
      customFilters: new Map(),
      now: () => 0,
    });
    const { name } = compiled.table;
    this.#versions += 1;
    const served = { name, version: `${name}@${this.#versions}`, compiled };
    this.#tables.set(name, served);
    return served;
  }

  /** Nothing serves, as on an instance that has just begun. */
  unload(): void {
    this.#tables.clear();
  }

  async serving(name = "default"): Promise<ServedTable> {
    const served = this.#tables.get(name);
    if (served) return served;
    throw new Problem("not-loaded", `The table '${name}' is not loaded`, { retryAfterSeconds: 5 });
  }

  countRouted({ version }: ServedTable, inbound: string): void {
    this.counted.push(`${version} ${inbound}`);
  }
}

/** A table whose one-way messages go to these queues, or to none. */
export function goingTo(...queues: string[]): Record<string, unknown> {
  return {
    inbound: { events: { exchange: "one-way", address: "queue:router-inbox" } },
    endpoints: Object.fromEntries(
      [...queues, "nowhere"].map((queue) => [queue, { address: `queue:${queue}`, exchange: "one-way" }]),
    ),
    filters: { all: { type: "MatchAll" }, none: { type: "Action", actions: ["never"] } },
    entries:
      queues.length > 0
        ? queues.map((endpoint) => ({ filter: "all", endpoint }))
        : [{ filter: "none", endpoint: "nowhere" }],
  };
}
