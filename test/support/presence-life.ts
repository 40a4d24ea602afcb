import { randomUUID } from "node:crypto";
import type { Outbox } from "../../shared/bus/outbox.ts";
import { entities, instanceQueueOf } from "../../shared/bus/topology.ts";
import { Directory } from "../../shared/fleet/directory.ts";
import { markReaped } from "../../shared/fleet/mark-reaped.ts";
import { Registration } from "../../shared/fleet/registration.ts";
import { systemClock, type Clock } from "../../shared/kernel/clock.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { Log } from "../../shared/kernel/log.ts";
import { presenceLog } from "../../shared/presence/log.ts";
import { Presence } from "../../shared/presence/presence.ts";
import { Registrar } from "../../shared/presence/registering.ts";
import type { Tables } from "../../shared/table/connect.ts";
import { guardedTable, type Guard } from "./guarded-table.ts";

/** What all instances of a cluster share. */
export interface Around {
  tables: Tables;
  outbox: Outbox;
  clock: Clock;
  heartbeatMs: number;
  graceMs: number;
  /** How long ended sessions' mailboxes stay. */
  endedRetentionMs: number;
  /** Whether the process that reaches this point now ends there. */
  endsAt: (point: FaultPoint, instance: string) => boolean;
  /** Something was asked of a table or of Service Bus. */
  count: (what: string) => void;
  /** So many more calls are under way. */
  busy: (more: 1 | -1) => void;
  onLine: (line: string) => void;
}

/** One life of an instance's process: the real objects of fleet and presence, over edges that a death cuts off. */
export class PresenceLife {
  readonly id: string;
  readonly presence: Presence;
  readonly registration: Registration;
  readonly registrar: Registrar;
  /** Settles when this life has ended. */
  readonly died: Promise<void>;
  readonly directory: Directory;
  readonly #around: Around;
  #die: () => void = () => undefined;
  #isDead = false;

  constructor(id: string, around: Around) {
    this.id = id;
    this.#around = around;
    this.died = new Promise((resolve) => (this.#die = resolve));
    const { tables, clock, heartbeatMs } = around;
    const role = "web";
    const instances = guardedTable(tables.instances, this.#guardOf("instances"));
    this.registration = new Registration(instances, { role, instance: id, url: `http://${id}` });
    const { incarnation } = this.registration;
    this.directory = new Directory(instances, clock, {
      heartbeatMs,
      self: incarnation,
      onUnreadable: () => undefined,
    });
    const log = new Log({ role, instance: id }, systemClock, around.onLine);
    this.presence = this.#makePresence(presenceLog(log), instances);
    this.registrar = new Registrar(this.presence, id);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** As kill -9: nothing that was under way goes on. */
  kill(): void {
    this.#isDead = true;
    this.#die();
  }

  async reach(point: FaultPoint): Promise<void> {
    if (!this.#isDead && this.#around.endsAt(point, this.id)) this.kill();
    if (this.#isDead) await never;
  }

  async start(): Promise<void> {
    await this.registration.register();
    await this.reach("registered");
    await this.registration.setState("ready");
  }

  /** Raises the own heartbeat, and with it the tail. */
  async beat(): Promise<void> {
    await this.registration.heartbeat();
  }

  /** Looks at the fleet, as at every heartbeat. */
  async look(): Promise<void> {
    await this.presence.look(await this.directory.read());
  }

  #guardOf(table: string): Guard {
    return async (kind, call) => {
      if (this.#isDead) return await never;
      this.#around.count(`${table} ${kind}`);
      this.#around.busy(1);
      try {
        return await call();
      } finally {
        this.#around.busy(-1);
        // What it did is done; that it was done nobody learns.
        if (this.#isDead) await never;
      }
    };
  }

  #makePresence(log: ReturnType<typeof presenceLog>, instances: ReturnType<typeof guardedTable>): Presence {
    const { tables, outbox, clock, graceMs, endedRetentionMs, count } = this.#around;
    const { registration, id: instance } = this;
    const guard = this.#guardOf("send");
    return new Presence({
      self: () => ({ instance, incarnation: registration.incarnation, epoch: registration.epoch }),
      isStillSelf: () => registration.isStillHeld(),
      setTail: (seq) => registration.setTail(seq),
      readMembers: () => this.directory.read(),
      markReaped: (role, id, epoch) => markReaped(instances, role, id, epoch),
      sessionsTable: guardedTable(tables.sessions, this.#guardOf("sessions")),
      mailboxesTable: guardedTable(tables.mailboxes, this.#guardOf("mailboxes"), () => count("conflict")),
      publish: (body) =>
        guard(body.type, () => outbox.send(entities.presence, { messageId: randomUUID(), body })),
      sendTo: (to, body) =>
        guard(body.type, () => outbox.send(instanceQueueOf(to), { messageId: randomUUID(), body })),
      sendReapTick: (body, delayMs) =>
        guard(body.type, async () => {
          // As the broker keeps it: whatever becomes of this process, when the time has come it is there.
          void clock
            .delay(delayMs)
            .then(() => outbox.send(entities.messages, { messageId: randomUUID(), body }));
        }),
      reject: (messageId, body, reason) =>
        guard("reject", () =>
          outbox.send(entities.rejected, { messageId, body, applicationProperties: { reason } }),
        ),
      graceMs,
      endedRetentionMs,
      clock,
      faults: { reach: (point) => this.reach(point) },
      log,
    });
  }
}

const never = new Promise<never>(() => undefined);
