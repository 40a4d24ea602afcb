import { messageOf } from "../log/log.ts";

/** Why something failed, in one line: the SDK adds hints below, and gathers what its attempts threw without a message of its own. */
export function reasonOf(error: unknown): string {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : undefined;
  if (last !== undefined) return reasonOf(last);
  const [line = ""] = messageOf(error).split("\n");
  return line.trim();
}
