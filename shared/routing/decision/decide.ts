import { Problem } from "../../kernel/problem.ts";
import type { CompiledTable } from "../compile-table.ts";
import { chooseEndpoint } from "../choose.ts";
import { routingLimits as limits } from "../limits.ts";
import { matchMessage, type Branch as MatchedBranch } from "../match.ts";
import type { Branch, Pass, RoutedMessage, Target } from "../routed-message.ts";
import type { ServedTable } from "../served-table.ts";
import { own } from "../table.ts";
import { viewOf } from "../view-of.ts";
import type { Trace, Undated } from "./decision.ts";
import { branchIdOf, turnOf } from "./identity.ts";
import type { Turns } from "./turns.ts";

/** Entries that are told for each endpoint; many may lead to one. */
const maxTracedEntries = 10;

/**
 * Decides where a message goes by a table. Changes nothing. Throws Problem: `unknown-inbound`, `too-many-branches`; for a request, which needs
 * exactly one endpoint, `no-match` and `ambiguous-match`.
 */
export function decide(
  message: RoutedMessage,
  { name, version, compiled }: ServedTable,
  turns: Turns,
): Undated {
  const { pass } = message;
  const exchange = own(compiled.table.inbound, pass.inbound)?.exchange;
  const match = matchMessage(compiled, viewOf(message, compiled));
  const decided = { id: pass.logicalId, replay: pass.replay, table: name, version, inbound: pass.inbound };
  if (match.outcome === "unknown-inbound" || !exchange) throw unknownInbound(compiled, pass);
  if (match.outcome === "no-match") {
    if (exchange === "request-reply")
      throw new Problem(
        "no-match",
        `No entry of ${version} matches the request, so no service can answer it`,
      );
    return { ...decided, exchange, outcome: match.outcome, branches: [], trace: [] };
  }
  if (match.outcome === "ambiguous") {
    const names = match.branches.map(({ endpoint }) => endpoint).join(", ");
    throw new Problem(
      "ambiguous-match",
      `${match.branches.length} endpoints of ${version} match the request at priority ${match.priority} (${names}); a request may go to one only`,
    );
  }
  if (match.branches.length > limits.maxBranches) {
    throw new Problem(
      "too-many-branches",
      `The message matches ${match.branches.length} endpoints of ${version}; it may go to at most ${limits.maxBranches}`,
    );
  }
  return {
    ...decided,
    exchange,
    outcome: match.outcome,
    priority: match.priority,
    branches: match.branches.map((branch, index) => toBranch(message, compiled, branch, index, turns)),
    trace: match.branches.map((branch) => traceOf(compiled, branch)),
  };
}

function unknownInbound({ table }: CompiledTable, { inbound, address }: Pass): Problem {
  const known = Object.keys(table.inbound).join(", ") || "none";
  return new Problem(
    "unknown-inbound",
    inbound === address
      ? `The message names no inbound endpoint (property \`inbound\`), and not exactly one of the table '${table.name}' has the address ${address}; it has ${known}`
      : `The table '${table.name}' has no inbound endpoint '${inbound}'; it has ${known}`,
  );
}

function toBranch(
  { pass }: RoutedMessage,
  { table }: CompiledTable,
  { endpoint, backups, backupOnFault }: MatchedBranch,
  index: number,
  turns: Turns,
): Branch {
  const chosen = own(table.choices, endpoint)
    ? chooseEndpoint(table, endpoint, turnFor(pass, table.name, endpoint, turns))
    : endpoint;
  const targets = [chosen, ...backups.filter((backup) => backup !== chosen)].map((name): Target => {
    const known = own(table.endpoints, name);
    if (!known) throw new Error(`The table '${table.name}' was accepted without its endpoint '${name}'`);
    return { ...known, name };
  });
  return { id: branchIdOf(pass.logicalId, endpoint), index, endpoint, targets, backupOnFault };
}

/** What has an order stays with one endpoint of a choice: on another it could overtake. */
function turnFor({ orderingKey }: Pass, table: string, choice: string, turns: Turns): number {
  return orderingKey === undefined ? turns.take(table, choice) : turnOf(orderingKey);
}

function traceOf({ table }: CompiledTable, { endpoint, entries }: MatchedBranch): Trace {
  return {
    endpoint,
    entries: entries.slice(0, maxTracedEntries).map((entry) => ({
      entry,
      filter: table.entries[entry]?.filter ?? "",
    })),
    count: entries.length,
  };
}
