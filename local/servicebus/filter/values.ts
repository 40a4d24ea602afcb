import type { PropertyValue, Uuid } from "../model.ts";
import { FilterError } from "./filter-error.ts";
import type { ArithmeticOperator, CompareOperator } from "./sql-syntax.ts";
import type { Truth } from "./truth.ts";

/** What an expression gives: `null` is SQL's NULL, `undefined` a user property that the message does not have. Operators treat both as unknown. */
export type SqlValue = PropertyValue | undefined;

export const maxInt64 = 2n ** 63n - 1n;
export const minInt64 = -(2n ** 63n);

/**
 * Compares as C# would: integers exactly, an integer and a floating-point number as floating-point numbers, strings by
 * their UTF-16 code units. Values of unlike types, and byte arrays, have no order and no equality: UNKNOWN.
 */
export function compareValues(op: CompareOperator, left: SqlValue, right: SqlValue): Truth {
  const pair = comparablePair(left, right);
  if (pair === undefined) return undefined;
  const [a, b] = pair;
  if (op === "=") return a === b;
  if (op === "<>") return a !== b;
  return typeof a === "boolean" || isUuid(left) ? undefined : orders[op](a, b);
}

/** Two values in a form in which `===` and `<` do what SQL says. */
function comparablePair(left: SqlValue, right: SqlValue): [Comparable, Comparable] | undefined {
  if (typeof left === "bigint" && typeof right === "number") return [Number(left), right];
  if (typeof left === "number" && typeof right === "bigint") return [left, Number(right)];
  if (typeof left === "string" && typeof right === "string") return [left, right];
  if (typeof left === "number" && typeof right === "number") return [left, right];
  if (typeof left === "bigint" && typeof right === "bigint") return [left, right];
  if (typeof left === "boolean" && typeof right === "boolean") return [left, right];
  if (left instanceof Date && right instanceof Date) return [left.getTime(), right.getTime()];
  if (isUuid(left) && isUuid(right)) return [left.uuid, right.uuid];
  return undefined;
}

type Comparable = string | number | bigint | boolean;

const orders: Record<"<" | "<=" | ">" | ">=", (a: Comparable, b: Comparable) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Computes as C# would: 64-bit integers stay integers, with a floating-point number the result is one, and `+` joins strings. */
export function calculate(op: ArithmeticOperator, left: SqlValue, right: SqlValue): SqlValue {
  if (isUnknown(left) || isUnknown(right)) return undefined;
  if (typeof left === "bigint" && typeof right === "bigint") return int64(onIntegers[op](left, right));
  if (isNumber(left) && isNumber(right)) return onNumbers[op](Number(left), Number(right));
  if (op === "+" && typeof left === "string" && typeof right === "string") return left + right;
  throw new FilterError(`${op} cannot be applied to ${typeName(left)} and ${typeName(right)}`);
}

const onIntegers: Record<ArithmeticOperator, (left: bigint, right: bigint) => bigint> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / notZero(right),
  "%": (left, right) => left % notZero(right),
};

const onNumbers: Record<ArithmeticOperator, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

function notZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new FilterError("division by zero");
  return divisor;
}

/** The sign operators; only numbers have a sign. */
export function withSign(negative: boolean, value: SqlValue): SqlValue {
  if (isUnknown(value)) return undefined;
  if (typeof value === "bigint") return negative ? int64(-value) : value;
  if (typeof value === "number") return negative ? -value : value;
  throw new FilterError(`${negative ? "-" : "+"} cannot be applied to ${typeName(value)}`);
}

function int64(value: bigint): bigint {
  if (value < minInt64 || value > maxInt64)
    throw new FilterError("the result does not fit into a 64-bit integer");
  return value;
}

export function isUnknown(value: SqlValue): value is null | undefined {
  return value === null || value === undefined;
}

function isNumber(value: SqlValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

export function isUuid(value: SqlValue): value is Uuid {
  return typeof value === "object" && value !== null && "uuid" in value;
}

/** The kind of a value, in words for error texts. */
export function typeName(value: SqlValue) {
  if (isUnknown(value)) return "NULL";
  if (typeof value === "bigint") return "an integer";
  if (typeof value === "number") return "a floating-point number";
  if (typeof value === "string") return "a string";
  if (typeof value === "boolean") return "a boolean";
  if (value instanceof Date) return "a date";
  return isUuid(value) ? "a uuid" : "a byte array";
}
