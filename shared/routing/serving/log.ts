import { reasonOf, type Log } from "../../kernel/log.ts";

/** What the tables' side of the router tells the log. */
export const tablesLog = (log: Log) => ({
  serving: (table: string, version: string, revision: number) =>
    log.emit("info", "routing.table-serving", `${version} serves now`, { table, version, revision }),
  loadFailed: (table: string, wanted: string, serving: string, error: unknown) =>
    log.emit("error", "routing.load-failed", `${wanted} cannot serve, ${serving} does: ${reasonOf(error)}`, {
      table,
      wanted,
      serving,
      reason: reasonOf(error),
    }),
  lookFailed: (error: unknown) =>
    log.emit("warn", "routing.look-failed", `cannot see which tables are to serve: ${reasonOf(error)}`, {
      reason: reasonOf(error),
    }),
  failureUnwritten: (error: unknown) =>
    log.emit(
      "warn",
      "routing.failure-unwritten",
      `a failed load will be written down later: ${reasonOf(error)}`,
      { reason: reasonOf(error) },
    ),
  statusUnwritten: (error: unknown) =>
    log.emit(
      "warn",
      "routing.status-unwritten",
      `the next heartbeat tells which tables serve: ${reasonOf(error)}`,
      { reason: reasonOf(error) },
    ),
  commanded: (revision: number, action: string, target: string, by: string) =>
    log.emit("info", "routing.commanded", `${by}: ${action} ${target}`, { revision, action, target, by }),
  lookUntold: (revision: number, error: unknown) =>
    log.emit(
      "warn",
      "routing.look-untold",
      `instances find command ${revision} with their next heartbeat: ${reasonOf(error)}`,
      { revision, reason: reasonOf(error) },
    ),
});

export type TablesLog = ReturnType<typeof tablesLog>;
