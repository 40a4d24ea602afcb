import { CesqlFault } from "./cesql-fault.ts";
import { toTokens, type Token } from "./tokens.ts";

export type CesqlValue = string | number | boolean;
export type LogicOperator = "AND" | "OR" | "XOR";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";
export type CompareOperator = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=";

export type CesqlNode =
  | { type: "literal"; value: CesqlValue }
  | { type: "attribute" | "exists"; name: string }
  | { type: "not" | "minus"; operand: CesqlNode }
  | { type: "logic"; op: LogicOperator; left: CesqlNode; right: CesqlNode }
  | { type: "arithmetic"; op: ArithmeticOperator; left: CesqlNode; right: CesqlNode }
  | { type: "compare"; op: CompareOperator; left: CesqlNode; right: CesqlNode }
  | { type: "like"; operand: CesqlNode; pattern: string; isNegated: boolean }
  | { type: "in"; operand: CesqlNode; items: CesqlNode[]; isNegated: boolean }
  | { type: "call"; name: string; args: CesqlNode[] };

/** Parentheses, functions and signs in each other. */
const maxDepth = 64;
const keywords = new Set(["AND", "OR", "XOR", "NOT", "LIKE", "IN", "EXISTS", "TRUE", "FALSE"]);
const compareOperators = ["=", "!=", "<>", "<=", ">=", "<", ">"] as const;
const [smallest, largest] = [-(2 ** 31), 2 ** 31 - 1];

/** Reads an expression of CloudEvents SQL 1.0. Throws CesqlFault. */
export function parseCesql(expression: string): CesqlNode {
  const parser = new Parser(toTokens(expression));
  return parser.readAll();
}

/** Reads from the weakest operators to the strongest: logic, comparison, + -, * / %, LIKE and IN, NOT and signs. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  readAll(): CesqlNode {
    const node = this.#logic();
    return this.#next.kind === "end" ? node : this.#fail("an operator or the end");
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", at: 0, text: "" };
  }

  /** AND, OR and XOR are of one rank, and the right one goes first: the grammar of the language has it so. */
  #logic(): CesqlNode {
    const left = this.#compare();
    const op = (["AND", "OR", "XOR"] as const).find((word) => this.#takeWord(word));
    return op ? { type: "logic", op, left, right: this.#logic() } : left;
  }

  #compare(): CesqlNode {
    let left = this.#add();
    for (let op = this.#takeSign(compareOperators); op; op = this.#takeSign(compareOperators)) {
      left = { type: "compare", op, left, right: this.#add() };
    }
    return left;
  }

  #add(): CesqlNode {
    let left = this.#multiply();
    for (let op = this.#takeSign(["+", "-"]); op; op = this.#takeSign(["+", "-"])) {
      left = { type: "arithmetic", op, left, right: this.#multiply() };
    }
    return left;
  }

  #multiply(): CesqlNode {
    let left = this.#likeOrIn();
    for (let op = this.#takeSign(["*", "/", "%"]); op; op = this.#takeSign(["*", "/", "%"])) {
      left = { type: "arithmetic", op, left, right: this.#likeOrIn() };
    }
    return left;
  }

  #likeOrIn(): CesqlNode {
    let operand = this.#unary();
    for (;;) {
      const isNegated = this.#takeWord("NOT");
      if (this.#takeWord("LIKE")) {
        operand = { type: "like", operand, pattern: this.#take("text", "a text in quotes"), isNegated };
      } else if (this.#takeWord("IN")) {
        this.#expect("(");
        operand = { type: "in", operand, items: this.#list(), isNegated };
      } else if (isNegated) {
        return this.#fail("LIKE or IN");
      } else {
        return operand;
      }
    }
  }

  #unary(): CesqlNode {
    return this.#within(() => {
      if (this.#takeWord("NOT")) return { type: "not", operand: this.#unary() };
      const sign = this.#takeSign(["-", "+"]);
      if (sign && this.#isNumber) return this.#number(sign);
      if (sign === "+") return this.#fail("a number");
      return sign ? { type: "minus", operand: this.#unary() } : this.#primary();
    });
  }

  #primary(): CesqlNode {
    if (this.#takeSign(["("])) {
      const node = this.#logic();
      this.#expect(")");
      return node;
    }
    if (this.#next.kind === "text") return { type: "literal", value: this.#take("text", "a text") };
    if (this.#isNumber) return this.#number("+");
    if (this.#takeWord("TRUE")) return { type: "literal", value: true };
    if (this.#takeWord("FALSE")) return { type: "literal", value: false };
    if (this.#takeWord("EXISTS")) return { type: "exists", name: this.#attribute() };
    const isCall = this.#tokens[this.#at + 1]?.text === "(" && this.#tokens[this.#at + 1]?.kind === "sign";
    if (!isCall) return { type: "attribute", name: this.#attribute() };
    const name = this.#take("word", "a function").toUpperCase();
    this.#expect("(");
    return { type: "call", name, args: this.#takeSign([")"]) ? [] : this.#list() };
  }

  /** Expressions up to the parenthesis that closes. */
  #list(): CesqlNode[] {
    const items: CesqlNode[] = [];
    do items.push(this.#logic());
    while (this.#takeSign([","]));
    this.#expect(")");
    return items;
  }

  #attribute(): string {
    const name = this.#next.text;
    if (!/^[a-z0-9]+$/.test(name) || keywords.has(name.toUpperCase())) {
      return this.#fail("an attribute (small letters and digits) or a value");
    }
    return this.#take("word", "an attribute");
  }

  get #isNumber(): boolean {
    return this.#next.kind === "word" && /^\d+$/.test(this.#next.text);
  }

  #number(sign: "+" | "-"): CesqlNode {
    const value = Number(`${sign}${this.#take("word", "a number")}`);
    if (value < smallest || value > largest) {
      throw new CesqlFault("parse", `${value} is not between ${smallest} and ${largest}`);
    }
    return { type: "literal", value };
  }

  #takeWord(word: string): boolean {
    const { kind, text } = this.#next;
    if (kind !== "word" || text.toUpperCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #takeSign<T extends string>(signs: readonly T[]): T | undefined {
    const { kind, text } = this.#next;
    const sign = kind === "sign" ? signs.find((one) => one === text) : undefined;
    if (sign) this.#at += 1;
    return sign;
  }

  #take(kind: "text" | "word", what: string): string {
    const token = this.#next;
    if (token.kind !== kind) return this.#fail(what);
    this.#at += 1;
    return token.text;
  }

  #expect(sign: string): void {
    if (!this.#takeSign([sign])) this.#fail(`'${sign}'`);
  }

  #within<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new CesqlFault("parse", `is nested deeper than ${maxDepth} levels`);
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #fail(wanted: string): never {
    const { at, text } = this.#next;
    const found = text === "" ? "the end" : `'${text.slice(0, 24)}'`;
    throw new CesqlFault("parse", `expected ${wanted} at position ${at + 1}, found ${found}`);
  }
}
