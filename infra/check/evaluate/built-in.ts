import type { Position } from "../syntax/tree.ts";
import { anyType, type SchemaType } from "../types/schema-type.ts";
import type { Scope } from "./scope.ts";
import { asText, isExact, textValue, toJson, type Value } from "./value.ts";

/** Where a function is called, and what it gives when nothing more is known. */
export interface Call {
  readonly at: Position;
  readonly scope: Scope;
  readonly unknown: Value;
}

/** A function of Bicep: how many arguments it takes, what it gives, and how, where that is worth knowing. */
export interface BuiltIn {
  readonly min: number;
  readonly max: number;
  readonly returns: SchemaType;
  /** Gets no `either`; gives undefined for what only Azure knows. */
  readonly run?: (args: readonly Value[], call: Call) => Value | undefined;
}

export function builtIn(
  min: number,
  max: number,
  returns: SchemaType = anyType,
  run?: BuiltIn["run"],
): BuiltIn {
  return run ? { min, max, returns, run } : { min, max, returns };
}

/** A function of texts: what is unknown in them stays in them as ‹…›. */
export function ofTexts(run: (...texts: string[]) => string): NonNullable<BuiltIn["run"]> {
  return (args) => {
    const texts = args.map(asText);
    const exact = texts.every((text) => text.exact);
    return textValue(run(...texts.map(({ text }) => text)), exact);
  };
}

/** A function of values that must all be known. */
export function ofExact(run: (json: readonly unknown[], call: Call) => Value): NonNullable<BuiltIn["run"]> {
  return (args, call) => (args.every(isExact) ? run(args.map(toJson), call) : undefined);
}
