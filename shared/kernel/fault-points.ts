import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "./clock.ts";

/** The gaps between durable steps. A crash in any of them must leave nothing half-made; test/fault forces each. */
export type FaultPoint =
  | "request-sent"
  | "header-inserted"
  | "claim-taken"
  | "header-swapped"
  | "notification-sent"
  | "tick-sent"
  | "acknowledged"
  | "draining"
  | "worker-ended"
  | "registered"
  | "ready"
  | "claim-released"
  | "decided"
  | "header-read-by-target"
  | "append-head-read"
  | "append-committed"
  | "append-before-nudge"
  | "append-nudged"
  | "session-row-opening"
  | "session-head-written"
  | "session-row-written"
  | "session-published"
  | "tail-raised"
  | "adopt-head-read"
  | "adopt-incarnation-checked"
  | "close-head-swapped"
  | "patch-head-swapped"
  | "old-owner-noticed"
  | "old-owner-row-removed"
  | "trim-first-raised"
  | "trim-deleted"
  | "reap-tick-sent"
  | "reap-begun"
  | "reap-row-read"
  | "reap-head-swapped"
  | "reap-row-settled"
  | "reap-published"
  | "reap-marked"
  | "tidy-rejected"
  | "tidy-messages-removed"
  | "tidy-head-removed"
  | "counter-accepted"
  | "counter-read"
  | "counter-write-sent"
  | "counter-write-applied"
  | "counter-link-dropped"
  | "counter-reaccepted"
  | "counter-read-back"
  | "counter-answered"
  | "counter-released"
  | "route-received"
  | "route-matched"
  | "route-decided"
  | "route-branch-sent"
  | "route-kept"
  | "route-completed"
  | "branch-received"
  | "branch-checked"
  | "branch-claimed"
  | "branch-endpoint-called"
  | "branch-outcome-written"
  | "branch-copy-sent"
  | "branch-completed"
  | "replay-taken"
  | "replay-sent"
  | "replay-completed";

export interface FaultPoints {
  /** Passes through, unless a test has armed this point. */
  reach(point: FaultPoint): Promise<void>;
}

export const noFaultPoints: FaultPoints = { reach: () => Promise.resolve() };

const pollMs = 20;

/**
 * Fault points armed by files in a directory, for any process that looks there or, with the instance's id before the name, for that
 * instance alone. `<point>.kill` ends the process as `kill -9` would, once, because the file is taken away first; `<point>.pause` holds
 * the caller until `<point>.paused`, which it writes, is removed.
 */
export function fileFaultPoints(directory: string, instance: string, clock: Clock): FaultPoints {
  return {
    async reach(point) {
      for (const name of [point, `${instance}.${point}`]) {
        if (take(join(directory, `${name}.kill`))) process.kill(process.pid, "SIGKILL");
        if (take(join(directory, `${name}.pause`))) await hold(join(directory, `${name}.paused`), clock);
      }
    },
  };
}

async function hold(file: string, clock: Clock): Promise<void> {
  writeFileSync(file, String(process.pid));
  while (existsSync(file)) await clock.delay(pollMs);
}

/** Removes the file; true for the one process that removed it. */
function take(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    // Not armed, or another process was first.
    return false;
  }
}
