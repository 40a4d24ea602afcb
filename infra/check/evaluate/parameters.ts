import type { Parameter } from "../syntax/tree.ts";

/** Whether who uses a file must give the parameter: there is no default, and null is not allowed. */
export function mustHaveValue({ fallback, type }: Parameter): boolean {
  return fallback === undefined && type.kind !== "nullable";
}
