import { describeType, resolved, type SchemaType } from "./schema-type.ts";

/** Why what is of one type cannot stand where another is wanted; undefined if it can. */
export function mismatch(given: SchemaType, wanted: SchemaType): string | undefined {
  const from = resolved(given);
  const to = resolved(wanted);
  if (from.kind === "any" || to.kind === "any" || from.kind === "null") return undefined;
  if (from.kind === "oneOf")
    return from.options.map((option) => mismatch(option, to)).find((fault) => fault !== undefined);
  if (to.kind === "oneOf") {
    const faults = to.options.map((option) => mismatch(from, option));
    return faults.includes(undefined) ? undefined : faults[0];
  }
  if (to.kind === "discriminated" && (from.kind === "object" || from.kind === "discriminated"))
    return undefined;
  if (from.kind === "discriminated" && to.kind === "object") return undefined;
  if (from.kind !== to.kind) return `must be ${describeType(to)}, and is ${describeType(from)}`;
  if (from.kind === "list" && to.kind === "list") return mismatch(from.item, to.item);
  if (from.kind === "string" && to.kind === "string") return mismatchOfTexts(from.allowed, to.allowed);
  return undefined;
}

function mismatchOfTexts(
  given: readonly string[] | undefined,
  allowed: readonly string[] | undefined,
): string | undefined {
  if (allowed === undefined) return undefined;
  const names = allowed.map((text) => `'${text}'`).join(", ");
  if (given === undefined) return `may be any string; allowed: ${names}`;
  const wrong = given.filter((text) => !allowed.includes(text));
  return wrong.length === 0 ? undefined : `may be '${wrong.join("', '")}'; allowed: ${names}`;
}
