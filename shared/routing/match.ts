import type { CompiledEntry, CompiledTable } from "./compile-table.ts";
import type { Verdict } from "./compile-filter.ts";
import type { MessageView } from "./message-view.ts";
import { own } from "./table.ts";

/** Where a message goes: one for each endpoint (or choice) that entries of the winning level name. */
export interface Branch {
  /** An endpoint, or a choice between endpoints. */
  endpoint: string;
  /** The entries that led here, by their place in the table; the first decides on backups. */
  entries: readonly number[];
  backups: readonly string[];
  backupOnFault: boolean;
}

export type Match =
  | { outcome: "matched"; priority: number; branches: readonly Branch[] }
  | { outcome: "no-match" }
  /** A request has one answer, so it may go to one endpoint only. */
  | { outcome: "ambiguous"; priority: number; branches: readonly Branch[] }
  | { outcome: "unknown-inbound" };

/** Asks filters about one message; one that several entries name is asked once. */
export type Judge = (entry: CompiledEntry) => Verdict;

/** Decides where a message goes: the highest priority at which an entry matches, and all entries that match there. */
export function matchMessage(compiled: CompiledTable, view: MessageView): Match {
  const inbound = own(compiled.table.inbound, view.inbound);
  const plan = inbound && compiled.plans.get(inbound.exchange);
  if (!inbound || !plan) return { outcome: "unknown-inbound" };
  const judge = judgeOnce(view);
  let matched: CompiledEntry[] = [];
  for (const id of plan.index.candidates(view)) {
    const entry = plan.entries[id];
    if (!entry) continue;
    const [first] = matched;
    if (first && entry.entry.priority < first.entry.priority) break;
    if (judge(entry) === true) matched.push(entry);
  }
  matched = withLongestPrefix(matched);
  const [first] = matched;
  if (!first) return { outcome: "no-match" };
  const branches = toBranches(matched);
  const isAmbiguous = inbound.exchange === "request-reply" && branches.length > 1;
  return { outcome: isAmbiguous ? "ambiguous" : "matched", priority: first.entry.priority, branches };
}

export function judgeOnce(view: MessageView): Judge {
  const verdicts = new Map<string, Verdict>();
  return ({ filter, isShared }) => {
    if (!isShared) return filter.judge(view);
    let verdict = verdicts.get(filter.name);
    if (verdict === undefined) {
      verdict = filter.judge(view);
      verdicts.set(filter.name, verdict);
    }
    return verdict;
  };
}

/** Of the entries of one level whose filter is a PrefixEndpointAddress, those with the longest prefix; all others stay. */
export function withLongestPrefix<T extends CompiledEntry>(matched: T[]): T[] {
  if (matched.length < 2) return matched;
  const longest = Math.max(...matched.map(({ filter }) => filter.prefix?.path.length ?? -1));
  return longest < 0
    ? matched
    : matched.filter(({ filter }) => !filter.prefix || filter.prefix.path.length === longest);
}

function toBranches(matched: readonly CompiledEntry[]): Branch[] {
  const branches = new Map<string, Branch & { entries: number[] }>();
  for (const { entry, index, backups } of matched) {
    const known = branches.get(entry.endpoint);
    if (known) known.entries.push(index);
    else
      branches.set(entry.endpoint, {
        endpoint: entry.endpoint,
        entries: [index],
        backups,
        backupOnFault: entry.backupOnFault,
      });
  }
  return [...branches.values()];
}
