import type { z } from "zod";
import { reasonOf } from "./log.ts";
import { Problem, type InputFault } from "./problem.ts";

/** How deep JSON from outside may be nested. */
export const maxJsonDepth = 32;

/** How many faults of one input are told; a long list of wrong values must not make an answer that nobody can send. */
export const maxToldFaults = 20;
const maxFaultLength = 300;

/** Parses JSON text with a schema. Throws Problem `invalid-request` that says what was wrong, where, and what is allowed. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  return parseValue(schema, parseJsonText(text, what), what);
}

/** The value that JSON text stands for. Throws Problem `invalid-request` when it is not JSON. */
export function parseJsonText(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem("invalid-request", `The ${what} is not JSON: ${reasonOf(error)}`);
  }
}

/** Like parseJson, for a value that has been read already. */
export function parseValue<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  if (!isShallow(value, maxJsonDepth)) {
    throw new Problem("invalid-request", `The ${what} is nested deeper than ${maxJsonDepth} levels`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, maxToldFaults).map(toFault);
  const told = errors.map((e) => `${e.path}: ${e.message}`);
  const untold = parsed.error.issues.length - errors.length;
  if (untold > 0) told.push(`and ${untold} more`);
  throw new Problem("invalid-request", `The ${what} is not valid: ${told.join("; ")}`, { errors });
}

function toFault(issue: z.core.$ZodIssue): InputFault {
  return {
    path: issue.path.length > 0 ? issue.path.map(String).join(".").slice(0, maxFaultLength) : "(whole)",
    message: issue.message.slice(0, maxFaultLength),
  };
}

/** Whether a JSON value is nested at most so many levels deep. Walks with a stack of its own: the input may be hostile. */
export function isShallow(value: unknown, maxDepth: number): boolean {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [item, depth] = next;
    if (typeof item !== "object" || item === null) continue;
    if (depth >= maxDepth) return false;
    for (const child of Object.values(item)) open.push([child, depth + 1]);
  }
  return true;
}
