import { z } from "zod";
import type { Configuration } from "./configuration.ts";
import { SettingsError } from "./settings-error.ts";
import { parseTimeSpan } from "./time-span.ts";

/** A whole number of at least `min` and at most `max`, written as text. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
    const limit = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`;
    context.addIssue(`must be a whole number, ${limit}`);
    return z.NEVER;
  });
}

/** `true` or `false` in any case. */
export const flag = z.string().transform((text, context) => {
  const lower = text.trim().toLowerCase();
  if (lower === "true" || lower === "false") return lower === "true";
  context.addIssue("must be true or false");
  return z.NEVER;
});

/** A duration in the platform's format, as milliseconds of at least zero. */
export const duration = z.string().transform((text, context) => {
  const milliseconds = parseTimeSpan(text);
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
  context.addIssue("must be a duration such as 00:05:00");
  return z.NEVER;
});

/** One of a few names, in any case. */
export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.string().transform((text, context): Names[number] => {
    const found = names.find((name) => name.toLowerCase() === text.trim().toLowerCase());
    if (found !== undefined) return found;
    context.addIssue(`must be one of ${names.join(", ")}`);
    return z.NEVER;
  });
}

/** Reads the settings of one section of host.json that a schema knows; names match in any case, others are left alone. */
export function readSection<Shape extends z.ZodRawShape>(
  configuration: Configuration,
  path: string,
  shape: Shape,
): z.output<z.ZodObject<Shape>> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(shape)) {
    const text = configuration.get(path === "" ? name : `${path}:${name}`);
    if (text !== undefined) given[name] = text;
  }
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = String(issue?.path[0] ?? "");
  const where = [...path.split(":"), name].filter((part) => part !== "").join(".");
  throw new SettingsError(
    `host.json: ${where} is '${given[name] ?? ""}' and ${issue?.message ?? "is not usable"}.`,
  );
}
