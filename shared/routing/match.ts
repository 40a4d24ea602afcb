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
    // What the index says for certain need not be asked again.
    const { isSaidByKeys, unless } = entry.filter;
    if (isSaidByKeys || unless || judge(entry) === true) matched.push(entry);
  }
  matched = withLongestPrefix(matched);
  const [first] = matched;
  if (!first) return { outcome: "no-match" };
  const branches = toBranches(matched);
  const isAmbiguous = inbound.exchange === "request-reply" && branches.length > 1;
  return { outcome: isAmbiguous ? "ambiguous" : "matched", priority: first.entry.priority, branches };
}

export function judgeOnce(view: MessageView): Judge {
  let verdicts: Map<string, Verdict> | undefined;
  return ({ filter, isShared }) => {
    if (!isShared) return filter.judge(view);
    verdicts ??= new Map();
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
  let longest = -1;
  for (const { filter } of matched) {
    if (filter.prefix) longest = Math.max(longest, filter.prefix.path.length);
  }
  return longest < 0
    ? matched
    : matched.filter(({ filter }) => !filter.prefix || filter.prefix.path.length === longest);
}

type GrowingBranch = Branch & { entries: number[] };

function toBranches(matched: readonly CompiledEntry[]): Branch[] {
  const [first] = matched;
  if (matched.length === 1 && first) return [toBranch(first)];
  const branches = new Map<string, GrowingBranch>();
  let last: GrowingBranch | undefined;
  for (const compiled of matched) {
    const { endpoint } = compiled.entry;
    const known = last?.endpoint === endpoint ? last : branches.get(endpoint);
    if (known) known.entries.push(compiled.index);
    else branches.set(endpoint, toBranch(compiled));
    last = known ?? branches.get(endpoint);
  }
  return [...branches.values()];
}

function toBranch({ entry, index, backups }: CompiledEntry): GrowingBranch {
  const { endpoint, backupOnFault } = entry;
  return { endpoint, entries: [index], backups, backupOnFault };
}
