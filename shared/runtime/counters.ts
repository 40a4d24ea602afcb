import { entities } from "../bus/topology.ts";
import { connectCounters } from "../counter/connect.ts";
import { Counters } from "../counter/counters.ts";
import { createCounterQueue } from "../counter/create-queue.ts";
import { CounterList } from "../counter/counter-list.ts";
import { counterTimes } from "../counter/limits.ts";
import { ServiceBusSessions } from "../counter/service-bus-sessions.ts";
import type { Config } from "../kernel/config.ts";
import type { Edges } from "./edges.ts";

/** Numbers that are given once. Their connection opens with the first one that is asked for. */
export function makeCounters(config: Config, { tables, clock, faults, logs }: Edges) {
  const sessions = new ServiceBusSessions({
    connect: () => connectCounters(config.bus, counterTimes.attemptMs),
    queue: entities.counters,
    createQueue: () => createCounterQueue(config.bus, entities.counters),
    clock,
  });
  const counters = new Counters({ sessions, clock, faults, log: logs.counter }, config.counters);
  return { counters, counterList: new CounterList(tables.counters, logs.counter) };
}
