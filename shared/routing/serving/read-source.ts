import { parseJsonText, parseValue } from "../../kernel/parse.ts";
import { Problem, type InputFault } from "../../kernel/problem.ts";
import { convertOriginal } from "../original-config.ts";
import { tableSchema, type RoutingTable } from "../table.ts";
import { XmlFault } from "../xml-document.ts";

/** A table as it was sent or stands in a file. */
export interface Source {
  table: RoutingTable;
  source: "json" | "xml";
  /** What of an original configuration could not be taken over, or only with an assumption. */
  notes: readonly InputFault[];
}

export interface SourceOptions {
  /** What the table is to be called. */
  name: string;
  /** Addresses for endpoints of an original configuration that cannot be called from here, by name. */
  addresses?: Readonly<Record<string, string>>;
}

/** Reads a table from JSON, or from a `<system.serviceModel>` section of the original engine. Throws Problem `invalid-request`. */
export function readSource(text: string, options: SourceOptions): Source {
  const isXml = /^\uFEFF?\s*</.test(text);
  return isXml ? readOriginal(text, options) : readJson(text, options.name);
}

function readJson(text: string, name: string): Source {
  const table = parseValue(tableSchema, parseJsonText(text, "routing table"), "routing table");
  if (table.name !== name) {
    const message = `is '${table.name}', but the table is '${name}' here`;
    throw new Problem("invalid-request", `The routing table is not valid: name: ${message}`, {
      errors: [{ path: "name", message }],
    });
  }
  return { table, source: "json", notes: [] };
}

function readOriginal(text: string, { name, addresses = {} }: SourceOptions): Source {
  const { table, notes } = convert(text, { name, addresses });
  try {
    return { table: parseValue(tableSchema, table, "converted routing table"), source: "xml", notes };
  } catch (error) {
    throw withNotes(error, notes);
  }
}

function convert(text: string, options: Required<SourceOptions>) {
  try {
    return convertOriginal(text, options);
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    throw new Problem("invalid-request", `The configuration ${error.message}`, { cause: error });
  }
}

/** What could not be converted is most often why the rest is not valid: it is told first. */
export function withNotes(error: unknown, notes: readonly InputFault[]): unknown {
  if (!(error instanceof Problem) || notes.length === 0) return error;
  const told = notes.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new Problem(error.kind, `${error.message}; not converted: ${told}`, {
    errors: [...notes, ...error.errors],
    cause: error,
  });
}
