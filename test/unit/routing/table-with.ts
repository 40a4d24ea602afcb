import { publicHostsOnly } from "../../../shared/routing/outbound-policy.ts";
import type { CustomFilter } from "../../../shared/routing/compile-filter.ts";
import type { CompiledTable } from "../../../shared/routing/compile-table.ts";
import { matchMessage, type Match } from "../../../shared/routing/match.ts";
import { MessageView, type IncomingMessage } from "../../../shared/routing/message-view.ts";
import { readTable, type ReadRules } from "../../../shared/routing/read-table.ts";
import { Problem } from "../../../shared/kernel/problem.ts";

export const rules: ReadRules = {
  outbound: publicHostsOnly,
  reservedEntities: new Set(["control", "router-inbox"]),
  tokenResources: new Set(["api://orders"]),
  customFilters: new Map<string, CustomFilter>([["isEven", (view) => [...view.headers].length % 2 === 0]]),
  now: () => Date.parse("2026-11-21T12:00:00Z"),
};

/** A table as people write it, with what a test says of it. */
export function tableWith(parts: Record<string, unknown>): Record<string, unknown> {
  return {
    name: "default",
    inbound: { events: { exchange: "one-way" }, ask: { exchange: "request-reply" } },
    endpoints: {
      echo: { address: "https://echo.example.com/", exchange: "one-way" },
      spare: { address: "queue:spare", exchange: "one-way" },
      third: { address: "topic:third", exchange: "one-way" },
      answer: { address: "https://answer.example.com/", exchange: "request-reply" },
      other: { address: "https://other.example.com/", exchange: "request-reply" },
    },
    filters: { all: { type: "MatchAll" } },
    entries: [],
    ...parts,
  };
}

export function read(parts: Record<string, unknown>): CompiledTable {
  return readTable(JSON.stringify(tableWith(parts)), rules);
}

/** What is wrong with a table, as `path: message`. */
export function faultsOf(parts: Record<string, unknown>): string[] {
  try {
    read(parts);
  } catch (error) {
    if (error instanceof Problem) return error.errors.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

export function viewOf(message: Partial<IncomingMessage> & { json?: unknown }): MessageView {
  const { json, ...rest } = message;
  const body = json === undefined ? "" : JSON.stringify(json);
  return new MessageView({ inbound: "events", headers: {}, body, ...rest });
}

/** Whether a table whose only entry has this filter sends the message on. */
export function isMatch(
  filter: Record<string, unknown>,
  message: Parameters<typeof viewOf>[0],
  table = {},
): boolean {
  const compiled = read({ filters: { it: filter }, entries: [{ filter: "it", endpoint: "echo" }], ...table });
  return matchMessage(compiled, viewOf(message)).outcome === "matched";
}

/** The endpoints that a message goes to. */
export function endpointsIn(match: Match): string[] {
  return match.outcome === "matched" ? match.branches.map(({ endpoint }) => endpoint) : [];
}
