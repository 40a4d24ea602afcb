import type { CompiledTable } from "../compile-table.ts";
import { matchMessage } from "../match.ts";
import type { RoutedMessage } from "../routed-message.ts";
import { endpointsOf, own } from "../table.ts";
import { viewOf } from "../view-of.ts";

/** What a table does with a message. */
export interface Outcome {
  outcome: "matched" | "no-match" | "ambiguous" | "unknown-inbound" | "no-table";
  priority?: number;
  branches: readonly { endpoint: string; addresses: readonly string[]; backups: readonly string[] }[];
}

export interface Comparison {
  messageId: string;
  inbound: string;
  before: Outcome;
  after: Outcome;
  isChanged: boolean;
}

/** What a table does with a message, without doing it. */
export function outcomeOf(compiled: CompiledTable | undefined, message: RoutedMessage): Outcome {
  if (!compiled) return { outcome: "no-table", branches: [] };
  const match = matchMessage(compiled, viewOf(message, compiled));
  if (!("branches" in match)) return { outcome: match.outcome, branches: [] };
  const { table } = compiled;
  return {
    outcome: match.outcome,
    priority: match.priority,
    branches: match.branches.map(({ endpoint, backups }) => ({
      endpoint,
      addresses: endpointsOf(table, { endpoint }).map((name) => own(table.endpoints, name)?.address ?? ""),
      backups,
    })),
  };
}

/** What would change for a message if another table served. Priorities may change without a change of where it goes. */
export function compare(
  before: CompiledTable | undefined,
  after: CompiledTable,
  message: RoutedMessage,
): Comparison {
  const outcomes = { before: outcomeOf(before, message), after: outcomeOf(after, message) };
  const { logicalId, inbound } = message.pass;
  return {
    messageId: logicalId,
    inbound,
    ...outcomes,
    isChanged: whereTo(outcomes.before) !== whereTo(outcomes.after),
  };
}

function whereTo({ outcome, branches }: Outcome): string {
  const sorted = branches.map((branch) => JSON.stringify(branch)).sort();
  return JSON.stringify([outcome, sorted]);
}
