import type { CesqlErrorKind } from "./cesql-fault.ts";
import type { CesqlValue } from "./parse.ts";

export type CesqlType = "string" | "integer" | "boolean";

/** An error while an expression runs. A function may give a value beside it. */
export interface Failure {
  failure: CesqlErrorKind;
  value?: CesqlValue;
}

/** What a part of an expression comes to. Errors are values here: a message without the attribute is no rare thing. */
export type Outcome = CesqlValue | Failure;

export const cast: Failure = { failure: "cast" };
export const math: Failure = { failure: "math" };

const [smallest, largest] = [-(2 ** 31), 2 ** 31 - 1];

export function isFailure(outcome: Outcome): outcome is Failure {
  return typeof outcome === "object";
}

/** The error for whoever needed the value: its own value is left behind. */
export function passedOn(failed: Failure): Failure {
  return failed.value === undefined ? failed : { failure: failed.failure };
}

export function typeOf(value: CesqlValue): CesqlType {
  if (typeof value === "string") return "string";
  return typeof value === "number" ? "integer" : "boolean";
}

export function castTo(type: CesqlType, value: Outcome): Outcome {
  if (isFailure(value)) return passedOn(value);
  switch (type) {
    case "string":
      return String(value);
    case "integer":
      if (typeof value === "string") return toInteger(value);
      return Number(value);
    default:
      if (typeof value === "string") return toBoolean(value);
      return value !== 0 && value !== false;
  }
}

/** The number if an integer of the language can hold it. */
export function asInteger(value: number): Outcome {
  return value >= smallest && value <= largest ? value : math;
}

function toInteger(text: string): Outcome {
  if (!/^[+-]?\d{1,20}$/.test(text)) return cast;
  const value = Number(text);
  return value >= smallest && value <= largest ? value : cast;
}

function toBoolean(text: string): Outcome {
  const lower = text.toLowerCase();
  return lower === "true" || lower === "false" ? lower === "true" : cast;
}
