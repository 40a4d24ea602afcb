import { z } from "zod";
import { Problem, type InputFault } from "../../kernel/problem.ts";
import type { CompiledTable } from "../compile-table.ts";
import { explainMatch, type ExplainedEntry } from "../explain.ts";
import { parseValue } from "../../kernel/parse.ts";
import type { RoutingTables } from "../repository/tables.ts";
import { unknownTable } from "../repository/tables.ts";
import type { RoutedMessage } from "../routed-message.ts";
import type { ServedTables } from "../served-table.ts";
import { tableSchema } from "../table.ts";
import { viewOf } from "../view-of.ts";
import { compare, outcomeOf, type Comparison, type Outcome } from "./compare.ts";
import type { Loader } from "./loader.ts";
import type { Recorded } from "./recorded.ts";
import { sampleSchema, toRouted } from "./sample.ts";

/** Messages of one dry run, and entries that one explanation tells of beside those that match. */
const maxMessages = 1_000;
const maxOtherEntries = 200;

const which = {
  /** A stored version. Without it, and without a table, what serves on this instance. */
  version: z.int().min(1).optional(),
  /** A table that is stored nowhere yet. */
  table: z.unknown().optional(),
};
const onlyOne = ({ version, table }: { version?: number | undefined; table?: unknown }): boolean =>
  version === undefined || table === undefined;
const onlyOneError = "must have one of version and table, or none";

export const explainSchema = z
  .strictObject({ ...which, message: sampleSchema })
  .refine(onlyOne, { error: onlyOneError });

export const dryRunSchema = z
  .strictObject({
    ...which,
    /** Which messages: those given here, the last ones that this instance routed, or those that wait unmatched. */
    source: z.enum(["given", "recorded", "unmatched"]).optional(),
    messages: z.array(sampleSchema).max(maxMessages).optional(),
    limit: z.int().min(1).max(maxMessages).default(100),
  })
  .refine(onlyOne, { error: onlyOneError });

export type ExplainRequest = z.output<typeof explainSchema>;
export type DryRunRequest = z.output<typeof dryRunSchema>;

export interface Validation {
  isValid: boolean;
  errors: readonly InputFault[];
  detail: string;
  /** What of an original configuration could not be taken over. */
  notes: readonly InputFault[];
}

export interface Explained extends Outcome {
  version: string;
  /** All that match, and some of the others. */
  entries: readonly ExplainedEntry[];
  omitted: number;
}

export interface DryRun {
  before: string;
  after: string;
  messages: number;
  changed: number;
  results: readonly Comparison[];
}

export interface TrialParts {
  tables: ServedTables;
  repository: RoutingTables;
  loader: Loader;
  recorded: Recorded;
  /** The oldest messages that wait unmatched, without taking them. */
  peekUnmatched: (limit: number) => Promise<readonly RoutedMessage[]>;
}

/** A table on trial: the version's name, and what it does. */
interface Tried {
  version: string;
  compiled: CompiledTable;
}

/** Shows what tables do with messages, without doing it. */
export class Trials {
  readonly #parts: TrialParts;

  constructor(parts: TrialParts) {
    this.#parts = parts;
  }

  /** Whether a table could be stored, and why not. */
  async validate(name: string, text: string): Promise<Validation> {
    try {
      const { notes } = await this.#parts.loader.check(name, text);
      return { isValid: true, errors: [], detail: "The routing table is valid", notes };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { isValid: false, errors: error.errors, detail: error.message, notes: [] };
    }
  }

  /** Tells why a message goes where it goes. Throws Problem. */
  async explain(name: string, request: ExplainRequest): Promise<Explained> {
    const tried = await this.#pick(name, request);
    const message = toRouted(name, request.message, 0);
    const { entries } = explainMatch(tried.compiled, viewOf(message, tried.compiled));
    const matching = entries.filter(({ isMatch }) => isMatch);
    const others = entries.filter(({ isMatch }) => !isMatch);
    return {
      version: tried.version,
      ...outcomeOf(tried.compiled, message),
      entries: [...matching, ...others.slice(0, maxOtherEntries)],
      omitted: Math.max(0, others.length - maxOtherEntries),
    };
  }

  /** Shows what would change for messages if this table served instead of what serves now. Throws Problem. */
  async dryRun(name: string, request: DryRunRequest): Promise<DryRun> {
    const after = await this.#pick(name, request);
    const before = await this.#servingNow(name);
    const messages = await this.#messages(name, request);
    const results = messages.map((message) => compare(before?.compiled, after.compiled, message));
    return {
      before: before?.version ?? "nothing",
      after: after.version,
      messages: results.length,
      changed: results.filter(({ isChanged }) => isChanged).length,
      results,
    };
  }

  async #pick(
    name: string,
    { version, table }: { version?: number | undefined; table?: unknown },
  ): Promise<Tried> {
    const { tables, loader, repository } = this.#parts;
    if (table !== undefined) {
      const read = parseValue(tableSchema, table, "routing table");
      if (read.name !== name)
        throw new Problem("invalid-request", `The routing table is called '${read.name}', not '${name}'`);
      return { version: "given", compiled: await loader.accept(read) };
    }
    if (version === undefined) return await tables.serving(name);
    if (!(await repository.pointer(name))) throw unknownTable(name);
    return await loader.load(name, { from: "repository", version });
  }

  /** What serves on this instance; nothing if the table is new. */
  async #servingNow(name: string): Promise<Tried | undefined> {
    try {
      return await this.#parts.tables.serving(name);
    } catch (error) {
      if (error instanceof Problem && (error.kind === "unknown-table" || error.kind === "not-loaded"))
        return undefined;
      throw error;
    }
  }

  async #messages(name: string, request: DryRunRequest): Promise<readonly RoutedMessage[]> {
    const { recorded, peekUnmatched } = this.#parts;
    const { limit, messages = [] } = request;
    switch (request.source ?? (request.messages ? "given" : "recorded")) {
      case "recorded":
        return recorded.last(name, limit);
      case "unmatched":
        return (await peekUnmatched(limit)).filter(({ pass }) => pass.table === name);
      default:
        return messages.map((sample, index) => toRouted(name, sample, index));
    }
  }
}
