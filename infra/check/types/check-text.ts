import { suggest } from "../nearest-name.ts";
import type { SchemaType } from "./schema-type.ts";

/** What is wrong with a text. Of one that is known in part, only what is wrong in any case. */
export function checkText(
  { text, exact }: { text: string; exact: boolean },
  { allowed, minLength = 0, maxLength = Infinity, pattern }: Extract<SchemaType, { kind: "string" }>,
): string[] {
  if (!exact) return [];
  const faults: string[] = [];
  if (allowed && !allowed.includes(text)) faults.push(`is '${text}': ${suggest(text, allowed)}`);
  if (text.length < minLength || text.length > maxLength)
    faults.push(
      `is '${text}', which is ${text.length} characters long; allowed: ${minLength} to ${maxLength}`,
    );
  if (pattern !== undefined && !new RegExp(pattern).test(text))
    faults.push(`is '${text}', which does not match ${pattern}`);
  return faults;
}
