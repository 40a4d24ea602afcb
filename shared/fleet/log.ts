import { reasonOf, type Log } from "../kernel/log.ts";

/** What an instance tells of itself. */
function ofSelf(log: Log) {
  return {
    starting: (attempt: number, reason: string) =>
      log.emit("warn", "instance.start-retry", `cannot start yet: ${reason}`, { attempt, reason }),
    registered: (incarnation: string, epoch: number) =>
      log.emit("info", "instance.registered", `registered as incarnation ${incarnation}, epoch ${epoch}`, {
        incarnation,
        epoch,
        pid: process.pid,
      }),
    ready: (incarnation: string) =>
      log.emit("info", "instance.ready", "ready to serve", { incarnation, pid: process.pid }),
    backUntold: (error: unknown) =>
      log.emit(
        "warn",
        "instance.back-untold",
        `could not tell operations that this instance is back: ${reasonOf(error)}`,
        {
          reason: reasonOf(error),
        },
      ),
    draining: (reason: string) => log.emit("info", "instance.draining", `draining: ${reason}`, { reason }),
    resumed: (reason: string) => log.emit("warn", "instance.resumed", `serving again: ${reason}`, { reason }),
    stateUnwritten: (state: string, error: unknown) =>
      log.emit(
        "warn",
        "instance.state-unwritten",
        `the state ${state} goes with the next heartbeat: ${reasonOf(error)}`,
        { state, reason: reasonOf(error) },
      ),
    ended: (reason: string, inFlight: number) =>
      log.emit("info", "instance.worker-ended", `ending the worker: ${reason}`, { reason, inFlight }),
    passive: () =>
      log.emit(
        "warn",
        "instance.passive",
        "another process has taken over this instance id; serving nothing until it is gone",
      ),
    heartbeatFailed: (error: unknown) =>
      log.emit("warn", "instance.heartbeat-failed", `the heartbeat failed: ${reasonOf(error)}`, {
        reason: reasonOf(error),
      }),
    stopped: () => log.emit("info", "instance.stopped", "stopped by the host"),
  };
}

/** What an instance tells of the others. */
function ofOthers(log: Log) {
  return {
    watchFailed: (error: unknown) =>
      log.emit("warn", "instance.watch-failed", `a look at the fleet failed: ${reasonOf(error)}`, {
        reason: reasonOf(error),
      }),
    instanceLost: (instance: string, incarnation: string) =>
      log.emit("warn", "instance.lost", `${instance} has stopped its heartbeats`, {
        lost: instance,
        incarnation,
      }),
    rowUnreadable: (row: string, error: unknown) =>
      log.emit(
        "error",
        "instance.row-unreadable",
        `the row ${row} of Instances is left out: ${reasonOf(error)}`,
        {
          row,
          reason: reasonOf(error),
        },
      ),
    forgotten: (instance: string) =>
      log.emit("info", "instance.forgotten", `${instance} is gone for good: it is no longer counted`, {
        forgotten: instance,
      }),
  };
}

/** What the fleet slice tells the log. */
export const fleetLog = (log: Log) => ({ ...ofSelf(log), ...ofOthers(log) });

export type FleetLog = ReturnType<typeof fleetLog>;
