import { castTo, isFailure, type CesqlType, type Failure, type Outcome } from "./values.ts";

/** A function with arguments of these types, the last of which may come any number of times. */
export interface CesqlFunction {
  takes: readonly CesqlType[];
  rest?: CesqlType;
  gives: CesqlType;
  run: (...values: never[]) => Outcome;
}

const failed = (value: string): Failure => ({ failure: "functionEvaluation", value });

/** The functions of the language, by name and number of arguments. */
const functions: Readonly<Record<string, readonly CesqlFunction[]>> = {
  INT: [{ takes: ["integer"], gives: "integer", run: (value: number) => value }],
  BOOL: [{ takes: ["boolean"], gives: "boolean", run: (value: boolean) => value }],
  STRING: [{ takes: ["string"], gives: "string", run: (value: string) => value }],
  ABS: [{ takes: ["integer"], gives: "integer", run: absolute }],
  LENGTH: [{ takes: ["string"], gives: "integer", run: (text: string) => Array.from(text).length }],
  CONCAT: [{ takes: [], rest: "string", gives: "string", run: (...texts: string[]) => texts.join("") }],
  CONCAT_WS: [
    {
      takes: ["string"],
      rest: "string",
      gives: "string",
      run: (between: string, ...texts: string[]) => texts.join(between),
    },
  ],
  LOWER: [{ takes: ["string"], gives: "string", run: (text: string) => text.toLowerCase() }],
  UPPER: [{ takes: ["string"], gives: "string", run: (text: string) => text.toUpperCase() }],
  TRIM: [{ takes: ["string"], gives: "string", run: (text: string) => text.trim() }],
  LEFT: [{ takes: ["string", "integer"], gives: "string", run: left }],
  RIGHT: [{ takes: ["string", "integer"], gives: "string", run: right }],
  SUBSTRING: [
    { takes: ["string", "integer"], gives: "string", run: (text: string, from: number) => part(text, from) },
    { takes: ["string", "integer", "integer"], gives: "string", run: part },
  ],
};

/** The function of this name that takes so many arguments. */
export function findFunction(name: string, given: number): CesqlFunction | undefined {
  const ofName = Object.hasOwn(functions, name) ? functions[name] : undefined;
  return ofName?.find(({ takes, rest }) => (rest ? given >= takes.length : given === takes.length));
}

/** Calls a function; an argument that failed or is of no fitting type ends it. */
export function call({ takes, rest, run }: CesqlFunction, given: readonly Outcome[]): Outcome {
  const values: unknown[] = [];
  for (const [at, value] of given.entries()) {
    const fitting = castTo(takes[at] ?? rest ?? "string", value);
    if (isFailure(fitting)) return fitting;
    values.push(fitting);
  }
  return Reflect.apply(run, undefined, values);
}

function absolute(value: number): Outcome {
  return value === -(2 ** 31) ? { failure: "math", value: 2 ** 31 - 1 } : Math.abs(value);
}

function left(text: string, count: number): Outcome {
  return count < 0 ? failed(text) : Array.from(text).slice(0, count).join("");
}

function right(text: string, count: number): Outcome {
  if (count < 0) return failed(text);
  return count === 0 ? "" : Array.from(text).slice(-count).join("");
}

/** From a place on: 1 is the first, -1 the last, and at 0 there is nothing. */
function part(text: string, from: number, count = Infinity): Outcome {
  const characters = Array.from(text);
  if (from > characters.length || from < -characters.length || count < 0) return failed("");
  if (from === 0) return "";
  const start = from > 0 ? from - 1 : characters.length + from;
  return characters.slice(start, start + count).join("");
}
