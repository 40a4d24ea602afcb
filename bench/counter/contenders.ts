import { TableClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { Redis } from "ioredis";
import { WebCounter } from "../../shared/counter/web-counter.ts";
import type { CounterMode } from "../../shared/counter/counters.ts";
import type { CounterServices } from "./reports.ts";

/** A way to take numbers of one counter. */
export interface Contender {
  name: string;
  /** Operations for each number, where the broker cannot count them. */
  knownOperations?: number;
  take: () => Promise<unknown>;
  close: () => Promise<void>;
}

/** Ours, in one of its modes. */
export function ours({ serviceBus }: CounterServices, mode: CounterMode): Contender {
  const counter = new WebCounter(serviceBus, "bench", mode);
  return {
    name: `interrole ${mode}`,
    take: () => counter.getNext(1, { mode }),
    close: () => counter.close(),
  };
}

/**
 * The algorithm that ours replaces: the value in a message, received, completed and sent again. One at a time in a process, which is its
 * best: together its callers would only wait for each other at the queue.
 */
export async function original({ serviceBus }: CounterServices): Promise<Contender> {
  const client = new ServiceBusClient(serviceBus);
  const [receiver, sender] = [
    client.createReceiver("counter-requests"),
    client.createSender("counter-requests"),
  ];
  await sender.sendMessages({ body: 0 });
  let last: Promise<unknown> = Promise.resolve();
  const takeOne = async (): Promise<number> => {
    const [message] = await receiver.receiveMessages(1);
    if (!message) throw new Error("The counter's message is gone");
    await receiver.completeMessage(message);
    const value = Number(message.body) + 1;
    await sender.sendMessages({ body: value });
    return value;
  };
  return {
    name: "original algorithm",
    knownOperations: 3,
    take: () => (last = last.then(takeOne)),
    close: () => client.close(),
  };
}

const isConflict = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "statusCode" in error && error.statusCode === 412;

/** Read, add one, write if nobody has meanwhile; else again. */
export async function tableLoop({ tables }: CounterServices): Promise<Contender> {
  const table = TableClient.fromConnectionString(tables, "BenchCounter", { allowInsecureConnection: true });
  const keys = { partitionKey: "c", rowKey: "c" };
  await table.createTable();
  await table.createEntity({ ...keys, value: 0 });
  return {
    name: "Table Storage ETag loop",
    knownOperations: 0,
    take: async () => {
      for (;;) {
        const row = await table.getEntity<{ value: number }>(keys.partitionKey, keys.rowKey);
        try {
          return await table.updateEntity({ ...keys, value: row.value + 1 }, "Replace", { etag: row.etag });
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
      }
    },
    close: async () => undefined,
  };
}

/** INCR over one connection. */
export function redisIncr(port: number): Contender {
  const redis = new Redis({ port, host: "127.0.0.1" });
  return {
    name: "Redis INCR",
    knownOperations: 0,
    take: () => redis.incr("bench"),
    close: async () => void (await redis.quit()),
  };
}
