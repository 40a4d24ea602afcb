import type { Clock } from "../../shared/kernel/clock.ts";
import { Log } from "../../shared/kernel/log.ts";
import { fleetEventSchema, type OnEvent } from "./event.ts";
import type { HostEnd } from "./host-process.ts";
import type { InstanceSpec } from "./instance-list.ts";
import type { Restart } from "./restart-policy.ts";

/** How the supervisor is called in its own events. */
export const supervisorName = "fleet";

/** The supervisor's own events, in the same form as the app's. */
export class FleetLog {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;

  constructor(clock: Clock, onEvent: OnEvent) {
    this.#clock = clock;
    this.#write = (line) => onEvent(fleetEventSchema.parse(JSON.parse(line)));
  }

  servicesReady(ms: number): void {
    this.#of().emit("info", "fleet.services-ready", "Service Bus and tables are ready.", { ms });
  }

  hostStarted(of: InstanceSpec, pid: number | null): void {
    this.#of(of).emit("info", "fleet.host-started", "The Functions host has been started.", { pid });
  }

  workerChanged(of: InstanceSpec, pid: number | null): void {
    const message = pid === null ? "The worker has ended." : "The host has started a worker.";
    this.#of(of).emit("info", "fleet.worker-changed", message, { pid });
  }

  hostEnded(of: InstanceSpec, end: HostEnd, restart: Restart): void {
    const message = restart.slow
      ? "The host keeps ending; it is started again, but slowly."
      : "The host has ended and is started again.";
    this.#of(of).emit(restart.slow ? "error" : "warn", "fleet.host-ended", message, { ...end, ...restart });
  }

  recycling(of: InstanceSpec, file: string): void {
    this.#of(of).emit(
      "info",
      "fleet.settings-changed",
      "The settings have changed; the instance drains and starts again.",
      {
        file,
      },
    );
  }

  settingsRefused(of: InstanceSpec, reason: string): void {
    const message = `${reason} The instance goes on with the settings it has.`;
    this.#of(of).emit("error", "fleet.settings-refused", message);
  }

  ready(of: InstanceSpec, ms: number): void {
    this.#of(of).emit("info", "fleet.instance-ready", "The instance answers that it is ready.", { ms });
  }

  fleetReady(ms: number): void {
    this.#of().emit("info", "fleet.ready", "Every instance is ready.", { ms });
  }

  notReady(of: InstanceSpec, reason: string, ms: number): void {
    const message = `The instance is not ready after ${Math.round(ms / 1000)} s: ${reason}`;
    this.#of(of).emit("error", "fleet.instance-not-ready", message, { ms });
  }

  killed(of: InstanceSpec, what: string, pid: number): void {
    this.#of(of).emit("warn", "fleet.killed", `The ${what} is killed on request.`, { pid });
  }

  stopping(reason: string): void {
    this.#of().emit("info", "fleet.stopping", `${reason}: the instances drain and end.`);
  }

  stopped(ms: number): void {
    this.#of().emit("info", "fleet.stopped", "Everything has ended.", { ms });
  }

  #of(speaker: InstanceSpec = { id: supervisorName, role: "" }): Log {
    return new Log({ instance: speaker.id, role: speaker.role }, this.#clock, this.#write);
  }
}
