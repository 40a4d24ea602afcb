import { createRequire } from "node:module";

import type { parser } from "peggy";

import { BrokerError } from "../broker-error.ts";
import { sqlGrammar } from "./sql-grammar.ts";

/** Longest filter or action, in characters, as in Azure. */
export const maxSqlLength = 1024;
/** SET and REMOVE statements in one action, as in Azure. */
export const maxActionStatements = 32;
/** Parentheses inside parentheses. Azure states no bound; this one keeps parsing and evaluating far from the end of the stack. */
export const maxSqlDepth = 32;

export type CompareOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";

/** `at` is the offset in the text, for error messages. */
export type PropertyNode = { type: "property"; at: number; scope: string; name: string };
export type PropertyNamedNode = { type: "propertyNamed"; at: number; name: SqlNode };

export type SqlNode =
  | { type: "and" | "or"; at: number; operands: SqlNode[] }
  | { type: "not"; at: number; negated: boolean; operand: SqlNode }
  | { type: "compare"; at: number; op: CompareOperator; left: SqlNode; right: SqlNode }
  | { type: "isNull"; at: number; negated: boolean; left: SqlNode }
  | { type: "in"; at: number; negated: boolean; left: SqlNode; items: SqlNode[] }
  | { type: "like"; at: number; negated: boolean; left: SqlNode; pattern: SqlNode; escape: SqlNode | null }
  | { type: "exists"; at: number; property: PropertyNode }
  | { type: "binary"; at: number; op: ArithmeticOperator; left: SqlNode; right: SqlNode }
  | { type: "sign"; at: number; negative: boolean; operand: SqlNode }
  | { type: "constant"; at: number; value: bigint | number | string | boolean | null }
  | { type: "newid"; at: number }
  | { type: "parameter"; at: number; name: string }
  | PropertyNode
  | PropertyNamedNode;

export type StatementNode =
  | { type: "set"; at: number; target: PropertyNode; value: SqlNode }
  | { type: "remove"; at: number; target: PropertyNode };

/** Parses a filter. Throws BrokerError with the position and what was expected there. */
export function parseFilter(text: string): SqlNode {
  return parse(text, "filter", (parser) =>
    parser.parse(text, { startRule: "Filter", maxDepth: maxSqlDepth }),
  );
}

/** Parses an action. Throws BrokerError with the position and what was expected there. */
export function parseAction(text: string): StatementNode[] {
  const statements = parse(text, "action", (parser) =>
    parser.parse(text, { startRule: "Actions", maxDepth: maxSqlDepth }),
  );
  if (statements.length > maxActionStatements) {
    throw invalidSql("action", `it has ${statements.length} statements and may have ${maxActionStatements}`);
  }
  return statements;
}

/** What a client is told about a rule that cannot be used. */
export function invalidSql(what: "filter" | "action", problem: string, at?: number): BrokerError {
  const where = at === undefined ? "" : ` (position ${at + 1})`;
  return new BrokerError("com.microsoft:argument-error", `The SQL ${what} is not valid: ${problem}${where}.`);
}

function parse<T>(text: string, what: "filter" | "action", run: (parser: SqlParser) => T): T {
  if (text.length > maxSqlLength) {
    throw invalidSql(what, `it has ${text.length} characters and may have ${maxSqlLength}`);
  }
  const parser = sqlParser();
  try {
    return run(parser);
  } catch (error) {
    throw error instanceof parser.SyntaxError ? describeSyntaxError(error, text, what) : error;
  }
}

function describeSyntaxError(
  fault: parser.SyntaxError,
  text: string,
  what: "filter" | "action",
): BrokerError {
  const at = fault.location.start.offset;
  if (fault.expected === null) return invalidSql(what, fault.message, at);
  const found = at < text.length ? `"${text.slice(at, at + 12)}"` : "the end";
  return invalidSql(what, `expected ${oneOf(fault.expected.map(describeExpected))} but found ${found}`, at);
}

function describeExpected(expected: parser.Expectation): string {
  switch (expected.type) {
    case "literal":
      return `"${expected.text}"`;
    case "other":
      return expected.description;
    case "end":
      return "the end";
    default:
      return "a character";
  }
}

function oneOf(alternatives: string[]): string {
  const unique = [...new Set(alternatives)].filter((name) => name !== "white space").sort();
  const last = unique.pop() ?? "nothing";
  return unique.length === 0 ? last : `${unique.join(", ")} or ${last}`;
}

interface SqlParser {
  parse(text: string, options: { startRule: "Filter"; maxDepth: number }): SqlNode;
  parse(text: string, options: { startRule: "Actions"; maxDepth: number }): StatementNode[];
  SyntaxError: typeof parser.SyntaxError;
}

let loaded: SqlParser | undefined;

/** Loading Peggy and making the parser take about 90 ms, which a broker without SQL rules need not spend. */
function sqlParser(): SqlParser {
  if (loaded === undefined) {
    const peggy: typeof import("peggy") = createRequire(import.meta.url)("peggy");
    loaded = peggy.generate(sqlGrammar, { allowedStartRules: ["Filter", "Actions"] });
  }
  return loaded;
}
