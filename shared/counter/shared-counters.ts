import { setTimeout as sleep } from "node:timers/promises";
import { entities } from "../bus/topology.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Connection } from "../kernel/config.ts";
import { noFaultPoints } from "../kernel/fault-points.ts";
import { Log } from "../kernel/log.ts";
import { connectCounters } from "./connect.ts";
import { Counters, type CounterOptions } from "./counters.ts";
import { createCounterQueue } from "./create-queue.ts";
import { counterTimes } from "./limits.ts";
import { counterLog } from "./log.ts";
import { ServiceBusSessions } from "./service-bus-sessions.ts";

/** What a program may set beside its connection. */
export interface WebCounterOptions extends CounterOptions {
  /** The queue of the counters. Default `counters`. */
  queue?: string;
  /** How to reach the administration API, if not through the connection itself: with emulators it has a port of its own. */
  administration?: string;
  /** Takes a line of JSON for each event that somebody may want to know of. Default: nobody. */
  writeLine?: (line: string) => void;
}

/** One that keeps the process alive while it waits: nothing else may, before a connection is open. */
const waitingClock: Clock = {
  ...systemClock,
  async delay(ms, signal) {
    try {
      await sleep(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      // An abort ends the wait early, which is what the caller asked for.
      if (!signal?.aborted) throw error;
    }
  },
};

interface Shared {
  counters: Counters;
  users: number;
}

/** By connection and options. Whoever opens the same has the same, so that callers share turns and the connection. */
const opened = new Map<string, Shared>();

/** The counters of this process over a connection, and how to leave them; who leaves last closes the connection. */
export function shareCounters(
  connection: string,
  options: WebCounterOptions,
): { counters: Counters; leave: () => Promise<void> } {
  const id = JSON.stringify([connection, options], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  const shared = opened.get(id) ?? { counters: makeCounters(connection, options), users: 0 };
  shared.users += 1;
  opened.set(id, shared);
  let isLeft = false;
  const leave = async (): Promise<void> => {
    if (isLeft) return;
    isLeft = true;
    shared.users -= 1;
    if (shared.users > 0) return;
    opened.delete(id);
    await shared.counters.close();
  };
  return { counters: shared.counters, leave };
}

function makeCounters(connectionText: string, options: WebCounterOptions): Counters {
  const queue = options.queue ?? entities.counters;
  const connection: Connection = { connectionString: connectionText };
  const administration: Connection = { connectionString: options.administration ?? connectionText };
  const log = counterLog(
    new Log({ instance: "", role: "" }, waitingClock, options.writeLine ?? (() => undefined)),
  );
  const sessions = new ServiceBusSessions({
    connect: () => connectCounters(connection, options.times?.attemptMs ?? counterTimes.attemptMs),
    queue,
    createQueue: () => createCounterQueue(administration, queue),
    clock: waitingClock,
  });
  return new Counters({ sessions, clock: waitingClock, faults: noFaultPoints, log }, options);
}
