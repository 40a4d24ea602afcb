import type { Clock } from "../kernel/clock.ts";
import { withJitter } from "../kernel/clock.ts";
import { reasonOf } from "../kernel/log.ts";
import type { Outbox } from "../bus/outbox.ts";
import { entities } from "../bus/topology.ts";
import type { FaultPoints } from "../kernel/fault-points.ts";
import { ensureTables, type CreatableTables } from "../table/connect.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { FleetLog } from "./log.ts";
import type { Registration } from "./registration.ts";

/** So often start-up is tried before the process exits for the platform to restart it. */
const maxAttempts = 8;
const firstDelayMs = 250;
const maxDelayMs = 5_000;

/** The exit code of a start-up that failed: counted by the host as an error. */
const failedStartExitCode = 1;

/** Tries until it works or the attempts are used up; then throws the last error. */
async function retryStart(clock: Clock, log: FleetLog, act: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await act();
      return;
    } catch (error) {
      log.starting(attempt, reasonOf(error));
      if (attempt === maxAttempts) throw error;
      await clock.delay(withJitter(Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1))));
    }
  }
}

export interface InstanceParts {
  tables: CreatableTables;
  outbox: Outbox;
  registration: Registration;
  heartbeat: Heartbeat;
  targetSide: { tellBack(): Promise<void> };
  clock: Clock;
  faults: FaultPoints;
  logs: { fleet: FleetLog };
  endWorker: (exitCode: number) => void;
  /** What is to be done before the instance says that it is ready. Must not throw. */
  prepare: () => Promise<void>;
}

/**
 * Registers, begins to beat, connects, prepares and becomes ready, in this order: an instance is on the list before it serves, and ready
 * only when it has reached both services. Each step is tried a stated number of times; then the process ends, for the platform to
 * start it anew.
 */
export async function startInstance(parts: InstanceParts): Promise<void> {
  const { tables, outbox, registration, heartbeat, targetSide, clock, faults, logs, endWorker } = parts;
  const retry = (act: () => Promise<unknown>) => retryStart(clock, logs.fleet, act);
  try {
    await retry(() => ensureTables(tables));
    await retry(() => registration.register());
    logs.fleet.registered(registration.incarnation, registration.epoch);
    await faults.reach("registered");
    // An instance that waits for the broker lives: others must not take it for lost.
    heartbeat.start();
    await retry(() => outbox.open(entities.recycleRequests));
    await parts.prepare();
    await retry(() => registration.setState("ready"));
    logs.fleet.ready(registration.incarnation);
    await faults.reach("ready");
  } catch {
    // Every attempt has been logged with its reason.
    endWorker(failedStartExitCode);
    return;
  }
  try {
    await targetSide.tellBack();
  } catch (error) {
    // Operations that wait for this instance find out at their next tick.
    logs.fleet.backUntold(error);
  }
}

/** Leaves in good order when the host stops: the row says so, and connections are closed. */
export async function stopInstance(
  parts: Pick<InstanceParts, "heartbeat" | "registration" | "logs" | "outbox">,
): Promise<void> {
  const { heartbeat, registration, logs, outbox } = parts;
  await heartbeat.stop();
  if (registration.state === "ready") await registration.setState("draining");
  logs.fleet.stopped();
  await outbox.close();
}
