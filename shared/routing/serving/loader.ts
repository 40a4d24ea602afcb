import { setImmediate as letOthersGoOn } from "node:timers/promises";
import { parseJsonText, parseValue } from "../../kernel/parse.ts";
import type { CompiledTable } from "../compile-table.ts";
import { contentHash } from "../content-hash.ts";
import { acceptInSteps } from "../read-table.ts";
import type { ContentRef } from "../repository/content.ts";
import type { RoutingTables } from "../repository/tables.ts";
import type { ServedTable } from "../served-table.ts";
import { tableSchema, type RoutingTable } from "../table.ts";
import type { RulesFor } from "./read-rules.ts";
import { readSource, withNotes, type Source } from "./read-source.ts";

/** What a table of an instance can be loaded from. */
export type Wanted =
  | { from: "repository"; version: number }
  /** A table that was set: it is kept, but it is no version. */
  | { from: "set"; content: ContentRef }
  /** The file that the settings name, as it is now or as it was read once. */
  | { from: "file"; text?: string };

export type TableSource = Wanted["from"];

const shownHashDigits = 8;

/** How a message says what routed it. */
export function labelOf(name: string, wanted: Wanted, hash: string): string {
  return wanted.from === "repository"
    ? `${name}@${wanted.version}`
    : `${name}@${wanted.from}-${hash.slice(0, shownHashDigits)}`;
}

/** Compiled tables that are kept for the case that the same content is asked for again. */
const maxCompiled = 4;

export interface LoaderParts {
  repository: RoutingTables;
  rulesFor: RulesFor;
  /** The text of the file that the settings name. */
  readFile: () => Promise<string>;
}

/**
 * Reads, checks and compiles tables. Compiling 10,000 entries takes a second or two: it is done once for the same content, and in steps, or the
 * heartbeat would stand still, and others would take this instance for lost.
 */
export class Loader {
  readonly #parts: LoaderParts;
  /** By name and content, what was used last at the end; those that are being compiled too. */
  readonly #compiled = new Map<string, Promise<CompiledTable>>();

  constructor(parts: LoaderParts) {
    this.#parts = parts;
  }

  /** The table that is wanted, ready to serve. Throws Problem for what can never work, anything else for what may work later. */
  async load(name: string, wanted: Wanted): Promise<ServedTable> {
    const { repository } = this.#parts;
    if (wanted.from === "file") {
      const { table } = this.#read(name, wanted.text ?? (await this.#parts.readFile()));
      const hash = contentHash(table);
      return { name, version: labelOf(name, wanted, hash), compiled: await this.accept(table, hash) };
    }
    const ref = wanted.from === "set" ? wanted.content : await repository.manifest(name, wanted.version);
    const compiled =
      this.#known(keyOf(name, ref.hash)) ??
      this.accept(readStored(await repository.content(name, ref)), ref.hash);
    return { name, version: labelOf(name, wanted, ref.hash), compiled: await compiled };
  }

  /**
   * Reads a table, JSON or original, that is to be called this, and checks that it could serve here. Throws Problem `invalid-request`.
   */
  async check(name: string, text: string): Promise<Source> {
    const source = this.#read(name, text);
    try {
      await this.accept(source.table);
    } catch (error) {
      throw withNotes(error, source.notes);
    }
    return source;
  }

  /** Checks a table as it would be before it serves here, and compiles it. Throws Problem `invalid-request`. */
  accept(table: RoutingTable, hash: string = contentHash(table)): Promise<CompiledTable> {
    const key = keyOf(table.name, hash);
    const known = this.#known(key);
    if (known) return known;
    const compiled = acceptInSteps(table, this.#parts.rulesFor(table.name), letOthersGoOn);
    this.#compiled.set(key, compiled);
    // Whoever asked is told of the failure; the next one who asks gets a try of its own.
    compiled.catch(() => this.#compiled.delete(key));
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= maxCompiled) break;
      this.#compiled.delete(oldest);
    }
    return compiled;
  }

  #read(name: string, text: string): Source {
    const { overlay } = this.#parts.rulesFor(name);
    return readSource(text, { name, ...(overlay ? { addresses: overlay.endpoints } : {}) });
  }

  /** Taken out and put back: what was used last stays longest. */
  #known(key: string): Promise<CompiledTable> | undefined {
    const known = this.#compiled.get(key);
    if (known) {
      this.#compiled.delete(key);
      this.#compiled.set(key, known);
    }
    return known;
  }
}

const keyOf = (name: string, hash: string): string => `${name}|${hash}`;

/** What is stored was checked when it was; since then the rules may have changed. */
function readStored(text: string): RoutingTable {
  return parseValue(tableSchema, parseJsonText(text, "stored routing table"), "stored routing table");
}
