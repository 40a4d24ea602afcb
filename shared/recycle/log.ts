import { reasonOf, type Log } from "../kernel/log.ts";
import type { Notification } from "./message.ts";

/** What the recycle slice tells the log. */
export function recycleLog(log: Log) {
  return {
    notified: ({ operation, from, roles, tag, data }: Notification) =>
      log.emit(
        "info",
        "recycle.notified",
        `${from} asks ${roles.join(", ")} to recycle${tag ? ` (${tag})` : ""}`,
        {
          operation,
          from,
          roles,
          tag,
          ...(data === undefined ? {} : { data: JSON.stringify(data) }),
        },
      ),
    notMeant: (operation: string) =>
      log.emit(
        "info",
        "recycle.not-meant",
        "this process is not, or no longer, one that the operation waits for",
        { operation },
      ),
    answeredForUs: (operation: string) =>
      log.emit(
        "info",
        "recycle.answered-for-us",
        "a driver has cancelled or given up on this instance; it stays",
        { operation },
      ),
    acknowledged: (operation: string) =>
      log.emit("info", "recycle.acknowledged", "will recycle", { operation }),
    refused: (operation: string, error: unknown) =>
      log.emit("error", "recycle.failed", `does not recycle: ${reasonOf(error)}`, {
        operation,
        reason: reasonOf(error),
      }),
    hookTimedOut: (operation: string, afterMs: number) =>
      log.emit(
        "error",
        "recycle.hook-timed-out",
        `onRecycle has not ended after ${afterMs} ms: recycling without it`,
        {
          operation,
          afterMs,
        },
      ),
    logOnly: (operation: string) =>
      log.emit("warn", "recycle.log-only", "would recycle now, but RECYCLE_MODE is log-only", { operation }),
    restartAsked: (operation: string) =>
      log.emit("info", "recycle.restart-asked", "the platform was asked to restart this app", { operation }),
  };
}

export type RecycleLog = ReturnType<typeof recycleLog>;
