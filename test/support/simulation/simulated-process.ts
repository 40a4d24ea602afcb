import { z } from "zod";
import { Outbox } from "../../../shared/bus/outbox.ts";
import { reply } from "../../../shared/bus/reply.ts";
import { entities } from "../../../shared/bus/topology.ts";
import { Directory } from "../../../shared/fleet/directory.ts";
import { Heartbeat } from "../../../shared/fleet/heartbeat.ts";
import { InFlight } from "../../../shared/fleet/in-flight.ts";
import { Lifetime } from "../../../shared/fleet/lifetime.ts";
import { busLog } from "../../../shared/bus/log.ts";
import { fleetLog } from "../../../shared/fleet/log.ts";
import { Registration } from "../../../shared/fleet/registration.ts";
import { noFaultPoints } from "../../../shared/kernel/fault-points.ts";
import { Log } from "../../../shared/kernel/log.ts";
import { acceptRequest } from "../../../shared/operation/accept.ts";
import { cancelOperation } from "../../../shared/operation/cancel.ts";
import { Driver } from "../../../shared/operation/drive.ts";
import type { Header } from "../../../shared/operation/header.ts";
import { History } from "../../../shared/operation/history.ts";
import { operationLog } from "../../../shared/operation/log.ts";
import { OpenList } from "../../../shared/operation/open-list.ts";
import type { SendTick } from "../../../shared/operation/ports.ts";
import { OperationRepository } from "../../../shared/operation/repository.ts";
import { Submissions, type Submission } from "../../../shared/operation/submit.ts";
import { takeMessage } from "../../../shared/operation/take-message.ts";
import { viewNew } from "../../../shared/operation/view.ts";
import { RecycleActor, type OnRecycle, type RecycleMode } from "../../../shared/recycle/act.ts";
import { announce } from "../../../shared/recycle/announce.ts";
import { recycleLog } from "../../../shared/recycle/log.ts";
import { notificationSchema } from "../../../shared/recycle/message.ts";
import { parseValue } from "../../../shared/kernel/parse.ts";
import type { Table } from "../../../shared/table/table-store.ts";
import type { Held, SimulatedBroker } from "./broker.ts";
import { incomingFrom } from "./incoming-from.ts";
import type { Variants } from "./variants.ts";
import type { Actor, World } from "./world.ts";

/** Times of the simulated fleet. They only have to stand in the order in which the real ones stand. */
export const simulatedTimes = {
  heartbeatMs: 10_000,
  tickMs: 2_000,
  drainMs: 5_000,
  bootMs: 1_000,
  lockMs: 60_000,
} as const;

/** What a process lives in. */
export interface Surroundings {
  world: World;
  broker: SimulatedBroker;
  variants: Variants;
  tables(actor: Actor): { instances: Table; operations: Table };
  /** How far the wall clock of the process that booted as number so and so is ahead. */
  clockAheadMs(number: number): number;
  mode(process: SimulatedProcess): RecycleMode;
  onRecycle(process: SimulatedProcess): OnRecycle;
  /** Called when the process ends itself. */
  ended: (process: SimulatedProcess, exitCode: number) => void;
}

const maxBootAttempts = 8;
const bootRetryMs = 500;

/** One process of an instance: the product's own objects, wired as its composition root wires them, over the simulated edges. */
export class SimulatedProcess implements Actor {
  readonly name: string;
  readonly instance: string;
  readonly role: string;
  readonly clockAheadMs: number;
  isAlive = true;
  isPaused = false;
  /** Whether it has started and takes messages and requests. */
  isServing = false;
  /** Resumes what waits for an answer of this process when there will be none. */
  readonly onDeath = new Set<() => void>();
  readonly #surroundings: Surroundings;
  readonly #parts: ReturnType<typeof wire>;

  constructor(surroundings: Surroundings, number: number, identity: { id: string; role: string }) {
    this.name = `${identity.id}#${number}`;
    this.instance = identity.id;
    this.role = identity.role;
    this.clockAheadMs = surroundings.clockAheadMs(number);
    this.#surroundings = surroundings;
    this.#parts = wire(surroundings, this);
    void this.#boot();
  }

  get incarnation(): string {
    return this.#parts.registration.incarnation;
  }

  get isPassive(): boolean {
    return this.#parts.registration.state === "passive";
  }

  /** Whether it has been told to recycle and has neither refused nor gone. */
  get isRecycling(): boolean {
    return this.#parts.lifetime.isDraining;
  }

  /** Takes a request as its HTTP door would. */
  accept(submission: Submission): Promise<Header> {
    const { outbox, submissions } = this.#parts;
    return acceptRequest({ outbox, submissions, faults: noFaultPoints }, submission);
  }

  cancel(operation: string): Promise<Header> {
    const { operations, sendTick, logs } = this.#parts;
    return cancelOperation({ operations, sendTick, log: logs.operation }, operation);
  }

  /** Handles a message as its trigger would, and settles it: completed when the handler returns, given back when it throws. */
  async receive(held: Held): Promise<void> {
    const { world, broker } = this.#surroundings;
    const leave = this.#parts.inFlight.enter();
    let settle = () => broker.complete(held, this);
    try {
      await this.#handle(held);
    } catch (error) {
      world.tell(`${this.name}: handler threw ${String(error)}`);
      settle = () => broker.release(held);
    } finally {
      leave();
    }
    await world
      .ask(this, "settle", `${this.name}: settle #${held.number}`, settle)
      // The lock is lost with the link; the message comes again.
      .catch(() => broker.release(held));
  }

  async #handle(held: Held): Promise<void> {
    const { outbox, submissions, driver, logs, actor } = this.#parts;
    if (held.queue === entities.recycleRequests) {
      await takeMessage({ outbox, submissions, driver, log: logs.bus }, incomingFrom(held));
    } else {
      await actor.handle(parseValue(notificationSchema, held.body, "notification"));
    }
  }

  async #boot(): Promise<void> {
    const { registration, heartbeat, targetSide } = this.#parts;
    const { world, ended } = this.#surroundings;
    try {
      await this.#retry(() => registration.register());
      heartbeat.start();
      await this.#retry(() => registration.setState("ready"));
      await this.#retry(() => targetSide.tellBack());
      this.isServing = true;
      world.tell(`${this.name}: serves`);
    } catch {
      ended(this, 1);
    }
  }

  async #retry(act: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await act();
        return;
      } catch (error) {
        if (attempt === maxBootAttempts) throw error;
        await this.#surroundings.world.clockOf(this).delay(bootRetryMs);
      }
    }
  }
}

/** Makes the objects of one process; the same shape as shared/runtime.ts, with the edges exchanged. */
function wire(surroundings: Surroundings, self: SimulatedProcess) {
  const { world, broker, variants } = surroundings;
  const { heartbeatMs, tickMs, drainMs } = simulatedTimes;
  const { instance, role } = self;
  const clock = world.clockOf(self);
  const endWorker = (exitCode: number) => surroundings.ended(self, exitCode);
  const lines = new Log({ instance, role }, clock, (line) =>
    world.tell(() => `${self.name}: ${shorten(line)}`),
  );
  const logs = {
    bus: busLog(lines),
    fleet: fleetLog(lines),
    operation: operationLog(lines),
    recycle: recycleLog(lines),
  };
  const tables = surroundings.tables(self);
  const outbox = new Outbox(() => broker.clientFor(self), clock);

  const registration = new Registration(tables.instances, { instance, role, url: `http://${instance}` });
  const directory = new Directory(tables.instances, clock, {
    heartbeatMs,
    self: registration.incarnation,
    onUnreadable: () => undefined,
  });
  const inFlight = new InFlight();
  const faults = noFaultPoints;
  const lifetime = new Lifetime({
    registration,
    inFlight,
    clock,
    faults,
    log: logs.fleet,
    drainMs,
    endWorker,
  });

  const operations = new OperationRepository(tables.operations);
  const driverRepository = variants.driverRepository(tables.operations);
  const openList = new OpenList(tables.operations);
  const claims = variants.claims(tables.operations, operations);
  const history = new History(tables.operations, operations);
  const readFleet = () => directory.read();
  const log = logs.operation;
  const sendTick: SendTick = (tick, delayMs) =>
    outbox.send(entities.recycleRequests, {
      messageId: `${tick.operation}:${tick.id}`,
      subject: "tick",
      body: tick,
      delayMs,
    });
  const submissions = new Submissions({ operations, openList, history, readFleet, clock, faults, log });
  const driver = new Driver({
    operations: driverRepository,
    claims,
    openList,
    readFleet,
    sendTick,
    clock,
    faults,
    log,
    tickMs,
    announce: ({ id, request: { from, roles, tag } }) =>
      announce(outbox, { type: "recycle", operation: id, from, roles, tag }),
    answerAsker: async (header) => {
      if (header.reply)
        await reply(outbox, header.reply, "operation.ended", `${header.id}:ended`, viewNew(header));
    },
  });
  const sweep = variants.sweep({ operations, openList, sendTick, clock, log }, tickMs);
  const targetSide = variants.targetSide({
    operations,
    openList,
    sendTick,
    self: { instance, incarnation: registration.incarnation },
  });
  const actor = new RecycleActor({
    operation: targetSide,
    process: lifetime,
    mode: surroundings.mode(self),
    onRecycle: surroundings.onRecycle(self),
    onRecycleMs: 60_000,
    isPassive: () => registration.state === "passive",
    clock,
    faults,
    log: logs.recycle,
  });
  const heartbeat = new Heartbeat({
    registration,
    directory,
    clock,
    log: logs.fleet,
    heartbeatMs,
    onBeat: () => sweep.look(),
    onReaped: () => endWorker(200),
    onHolderLost: () => endWorker(200),
  });
  return {
    outbox,
    registration,
    inFlight,
    lifetime,
    operations,
    submissions,
    driver,
    sendTick,
    targetSide,
    actor,
    heartbeat,
    logs,
  };
}

const lineSchema = z.object({ event: z.string(), message: z.string() });

/** The event and the message of a log line. */
function shorten(line: string): string {
  const { event, message } = lineSchema.parse(JSON.parse(line));
  return `[${event}] ${message}`;
}
