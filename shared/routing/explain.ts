import type { CompiledEntry, CompiledTable } from "./compile-table.ts";
import { judgeOnce, matchMessage, withLongestPrefix, type Match } from "./match.ts";
import type { MessageView } from "./message-view.ts";
import { own } from "./table.ts";

/** What became of one entry, and why. */
export interface ExplainedEntry {
  entry: number;
  filter: string;
  endpoint: string;
  priority: number;
  /** Whether its filter matches. */
  isMatch: boolean;
  /** Whether the message goes to its endpoint. */
  isTaken: boolean;
  reason: string;
}

export interface Explanation {
  match: Match;
  entries: readonly ExplainedEntry[];
}

/** Tells of each entry of the table why a message goes to its endpoint or not. Asks every filter: for people, not for every message. */
export function explainMatch(compiled: CompiledTable, view: MessageView): Explanation {
  const match = matchMessage(compiled, view);
  const exchange = own(compiled.table.inbound, view.inbound)?.exchange;
  const judge = judgeOnce(view);
  const matching = compiled.entries.filter((entry) => entry.exchange === exchange && judge(entry) === true);
  const highest = Math.max(...matching.map(({ entry }) => entry.priority));
  const atHighest = matching.filter(({ entry }) => entry.priority === highest);
  const taken = new Set(withLongestPrefix(atHighest));
  const reasonFor = (compiledEntry: CompiledEntry): string => {
    const { entry } = compiledEntry;
    const verdict = judge(compiledEntry);
    if (typeof verdict === "object") return `the filter does not match: ${verdict.reason}`;
    if (!verdict) return "the filter does not match";
    if (exchange === undefined) return `there is no inbound endpoint '${view.inbound}'`;
    if (compiledEntry.exchange !== exchange) {
      return `the filter matches, but '${entry.endpoint}' is ${compiledEntry.exchange} and '${view.inbound}' is ${exchange}`;
    }
    if (entry.priority < highest) return `the filter matches, but so does an entry of priority ${highest}`;
    if (!taken.has(compiledEntry)) return "the filter matches, but another prefix at this priority is longer";
    return match.outcome === "ambiguous"
      ? "the filter matches, but so do others at this priority, and a request may go to one endpoint only"
      : "the filter matches, and no entry of higher priority does";
  };
  return {
    match,
    entries: compiled.entries.map((compiledEntry) => ({
      entry: compiledEntry.index,
      filter: compiledEntry.entry.filter,
      endpoint: compiledEntry.entry.endpoint,
      priority: compiledEntry.entry.priority,
      isMatch: judge(compiledEntry) === true,
      isTaken: match.outcome === "matched" && taken.has(compiledEntry),
      reason: reasonFor(compiledEntry),
    })),
  };
}
