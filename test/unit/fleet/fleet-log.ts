import { fleetLog, type FleetLog } from "../../../shared/fleet/log.ts";
import type { Clock } from "../../../shared/kernel/clock.ts";
import { Log } from "../../../shared/kernel/log.ts";

/** The log of the fleet slice, and the events that were written to it. */
export function recordedFleetLog(clock: Clock): { log: FleetLog; events: string[] } {
  const events: string[] = [];
  const log = new Log({ instance: "web-0", role: "web" }, clock, (line) => {
    const { event }: { event: string } = JSON.parse(line);
    events.push(event);
  });
  return { log: fleetLog(log), events };
}
