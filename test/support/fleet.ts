import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { vi } from "vitest";

import type { FleetEvent } from "../../local/fleet/event.ts";
import type { Fleet } from "../../local/fleet/fleet.ts";
import { parseInstanceList } from "../../local/fleet/instance-list.ts";
import type { FleetOptions } from "../../local/fleet/options.ts";
import { isFree } from "../../local/fleet/ports.ts";
import { birthOf, isAlive, type ProcessIdentity } from "../../local/fleet/process-identity.ts";
import { startFleet } from "../../local/fleet/start-fleet.ts";

/** How long a test waits for an event if it does not say. */
const defaultWithinMs = 20_000;
/** How long a process that was told to end may be seen. */
const goneWithinMs = 5_000;
/** How much of what happened a failure shows. */
const shownEvents = 40;

export type EventPredicate = (event: FleetEvent) => boolean;

/** Everything that a fleet has told, in order. */
export class EventRecord {
  readonly all: FleetEvent[] = [];
  readonly #waiting = new Set<(event: FleetEvent) => void>();

  readonly add = (event: FleetEvent): void => {
    this.all.push(event);
    for (const waiting of this.#waiting) waiting(event);
  };

  /** The first event that fits, already told or still to come. Rejects with what was told instead when the time is over. */
  until(predicate: EventPredicate, withinMs = defaultWithinMs): Promise<FleetEvent> {
    const told = this.all.find((event) => predicate(event));
    return told ? Promise.resolve(told) : this.next(predicate, withinMs);
  }

  /** Like `until`, but only of what is still to come. Call it before what causes the event. */
  next(predicate: EventPredicate, withinMs = defaultWithinMs): Promise<FleetEvent> {
    const from = this.all.length;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(deadline);
        this.#waiting.delete(look);
      };
      const look = (event: FleetEvent): void => {
        if (!predicate(event)) return;
        settle();
        resolve(event);
      };
      const deadline = setTimeout(() => {
        settle();
        reject(new Error(`No such event within ${withinMs} ms. Instead:\n${this.#lines(from)}`));
      }, withinMs);
      this.#waiting.add(look);
    });
  }

  #lines(from: number): string {
    return this.all
      .slice(from)
      .slice(-shownEvents)
      .map((event) => JSON.stringify(event))
      .join("\n");
  }
}

/** A fleet that is a test's own, with the record of what it told. */
export interface TestFleet {
  readonly fleet: Fleet;
  readonly events: EventRecord;
  /** Every process that was an instance's host or worker at some time. */
  processes(): readonly ProcessIdentity[];
  /** Stops the fleet. Throws when it leaves a process or a port behind. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of a test's fleet; instances may be written as on the command line. */
export type TestFleetOptions = Omit<FleetOptions, "instances" | "stateDir"> & { readonly instances?: string };

/** Starts a fleet on free ports with a state directory of its own. It need not be ready yet: see `fleet.waitReady`. */
export async function startTestFleet(options: TestFleetOptions = {}): Promise<TestFleet> {
  const { instances, ...others } = options;
  const stateDir = await mkdtemp(join(tmpdir(), "interrole-fleet-"));
  const events = new EventRecord();
  const processes = new Map<number, ProcessIdentity>();
  const fleet = await startFleet({
    port: 0,
    serviceBusPort: 0,
    serviceBusAdminPort: 0,
    tablesPort: 0,
    ...others,
    ...(instances === undefined ? {} : { instances: parseInstanceList(instances) }),
    stateDir,
    onEvent: (event) => {
      const pid = event["pid"];
      if (event.event.startsWith("fleet.") && typeof pid === "number") {
        processes.set(pid, { pid, birth: birthOf(pid) });
      }
      events.add(event);
    },
  });
  return {
    fleet,
    events,
    processes: () => [...processes.values()],
    [Symbol.asyncDispose]: async () => {
      await fleet.stop("The test is over");
      await rm(stateDir, { recursive: true, force: true });
      await expectAllGone([...processes.values()]);
      await expectPortsFree(fleet);
    },
  };
}

/** Settles when none of these processes runs any more. Throws when one still does after a while. */
export async function expectAllGone(processes: readonly ProcessIdentity[]): Promise<void> {
  await vi.waitFor(
    () => {
      const left = processes.filter((process) => isAlive(process));
      if (left.length > 0) throw new Error(`Left running: ${left.map(({ pid }) => pid).join(", ")}`);
    },
    { timeout: goneWithinMs, interval: 20 },
  );
}

async function expectPortsFree(fleet: Fleet): Promise<void> {
  const ports = fleet.instances.map(({ url }) => Number(new URL(url).port));
  if (fleet.broker) ports.push(fleet.broker.port, fleet.broker.adminPort ?? 0);
  for (const port of ports) {
    await vi.waitFor(
      async () => {
        if (!(await isFree(port))) throw new Error(`Something still listens on port ${port}`);
      },
      { timeout: goneWithinMs, interval: 20 },
    );
  }
}
