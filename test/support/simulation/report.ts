import type { Result } from "./simulate.ts";

/** So much of the trace is shown; what broke a rule is near its end. */
const shownLines = 300;

/** Throws with the trace when a rule was broken. `how` says how to run the same simulation again. */
export function throwIfBroken(how: string, result: Result): void {
  if (result.broken !== undefined) throw new Error(explain(how, result.broken, result));
}

/** What went wrong in a simulation, how to run it again, and what happened in it. */
export function explain(how: string, what: string, { trace }: Result): string {
  const omitted = Math.max(0, trace.length - shownLines);
  return [
    `${what} (${how})`,
    ...(omitted > 0 ? [`... ${omitted} lines before these`] : []),
    ...trace.slice(-shownLines),
  ].join("\n");
}
