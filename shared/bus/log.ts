import { reasonOf, type Log } from "../kernel/log.ts";
import type { Problem } from "../kernel/problem.ts";

/** What is told of messages that could not be used. */
export function busLog(log: Log) {
  return {
    rejected: (entity: string, messageId: string, problem: Problem) =>
      log.emit("warn", "message.rejected", `a message on ${entity} was refused: ${problem.message}`, {
        entity,
        messageId,
        reason: problem.kind,
      }),
    postponed: (entity: string, messageId: string, error: unknown) =>
      log.emit("warn", "message.postponed", `a message on ${entity} comes again later: ${reasonOf(error)}`, {
        entity,
        messageId,
        reason: reasonOf(error),
      }),
  };
}

export type BusLog = ReturnType<typeof busLog>;
