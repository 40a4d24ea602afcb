import type { ServiceBusClient } from "@azure/service-bus";
import { busLog } from "../../shared/bus/log.ts";
import { Outbox } from "../../shared/bus/outbox.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { Log } from "../../shared/kernel/log.ts";
import { Inbox } from "../../shared/routing/decision/inbox.ts";
import { decisionLog } from "../../shared/routing/decision/log.ts";
import { Replayer } from "../../shared/routing/decision/replay.ts";
import { Router } from "../../shared/routing/decision/router.ts";
import type { CallTargets } from "../../shared/routing/endpoint/ports.ts";
import type { ServedTables } from "../../shared/routing/served-table.ts";
import type { PartitionedTable } from "../../shared/table/table-store.ts";
import { guardedTable } from "./guarded-table.ts";

/** What all lives of a router share. */
export interface AroundRouter {
  connect: () => ServiceBusClient;
  messages: PartitionedTable;
  tables: ServedTables;
  endpoints: CallTargets;
  /** Whether the process that reaches this point now ends there. */
  endsAt: (point: FaultPoint) => boolean;
  onLine: (line: string) => void;
}

const never = new Promise<never>(() => undefined);

/** One life of an instance's process, as far as it routes: the real objects, over edges that a death cuts off. */
export class RouterLife {
  readonly router: Router;
  readonly inbox: Inbox;
  readonly replayer: Replayer;
  /** Settles when this life has ended. */
  readonly died: Promise<void>;
  readonly #around: AroundRouter;
  readonly #clients: ServiceBusClient[] = [];
  #die: () => void = () => undefined;
  #isDead = false;

  constructor(around: AroundRouter) {
    this.#around = around;
    this.died = new Promise((resolve) => (this.#die = resolve));
    const { tables, endpoints } = around;
    const clock = systemClock;
    const faults = { reach: (point: FaultPoint) => this.#reach(point) };
    const outbox = new Outbox(() => this.#connect(), clock);
    const lines = new Log({ role: "web", instance: "web-0" }, clock, around.onLine);
    const log = decisionLog(lines);
    const messages = guardedTable(around.messages, async (_kind, call) => {
      if (this.#isDead) return await never;
      const done = await call();
      // What it did is done; that it was done nobody learns.
      return this.#isDead ? await never : done;
    });
    const recorded = { note: () => undefined };
    this.router = new Router({ messages, tables, outbox, endpoints, recorded, clock, faults, log });
    const { router } = this;
    this.inbox = new Inbox({ router, tables, outbox, clock, faults, log, busLog: busLog(lines) });
    const connect = () => this.#connect();
    this.replayer = new Replayer({ connect, outbox, tables, clock, faults, log });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** As kill -9: nothing that was under way goes on, and its connections break. */
  async kill(): Promise<void> {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#die();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #connect(): ServiceBusClient {
    const client = this.#around.connect();
    this.#clients.push(client);
    return client;
  }

  async #reach(point: FaultPoint): Promise<void> {
    if (!this.#isDead && this.#around.endsAt(point)) void this.kill();
    if (this.#isDead) await never;
  }
}
