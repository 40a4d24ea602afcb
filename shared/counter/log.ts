import type { Log } from "../kernel/log.ts";

/** What the counter slice tells the log. */
export const counterLog = (log: Log) => ({
  failed: (counter: string, reason: string) =>
    log.emit("warn", "counter.failed", `Counter ${counter} has to begin again: ${reason}`, {
      counter,
      reason,
    }),
  settled: (counter: string, turn: number, outcome: string) =>
    log.emit("info", "counter.settled", `Turn ${turn} of counter ${counter} was ${outcome}`, {
      counter,
      turn,
      outcome,
    }),
  notListed: (counter: string, reason: string) =>
    log.emit("warn", "counter.not-listed", `Counter ${counter} is not in the list yet: ${reason}`, {
      counter,
      reason,
    }),
});

export type CounterLog = ReturnType<typeof counterLog>;
