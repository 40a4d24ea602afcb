import type { ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { readReceived, type Incoming } from "../../shared/bus/incoming.ts";
import { entities } from "../../shared/bus/topology.ts";
import { Problem } from "../../shared/kernel/problem.ts";
import { readCarried, readCarriedBranch, type CarriedBranch } from "../../shared/routing/carrier.ts";
import type { Outcome } from "../../shared/routing/endpoint/ports.ts";
import { connectTables, ensureTables, type Tables } from "../../shared/table/connect.ts";
import { startTables } from "../../local/tables/tables.ts";
import { ArmedPoints } from "./armed-points.ts";
import { openBus, type Bus } from "./bus.ts";
import { entitiesInside } from "./entities.ts";
import { eventually } from "./eventually.ts";
import { RouterLife } from "./router-life.ts";
import { SwitchedTables } from "./switched-tables.ts";

/** What a call came to whose process died in the middle of it. */
export const crashed = Symbol("crashed");

const rawBodies = { skipParsingBodyAsJson: true } as const;
/** Short, so that what a dead process had taken soon comes again. */
const lockMs = 1_000;
const againAfterMs = 5;

/**
 * A router over the real broker and the real table service. Its process ends where a test has armed a fault point; then comes what the
 * platform would do: a next life, to which what was not settled is delivered again.
 */
export class RouterWorld implements AsyncDisposable {
  readonly points = new ArmedPoints();
  readonly served = new SwitchedTables();
  readonly tables: Tables;
  readonly bus: Bus;
  readonly lines: string[] = [];
  /** What the services that are called answer. */
  outcome: Outcome = { kind: "failed", isFinal: true, answer: undefined, attempts: [] };
  /** Every copy of a branch that has come to the outbox so far. */
  readonly sent: CarriedBranch[] = [];
  readonly #closeTables: () => Promise<void>;
  readonly #receivers: ServiceBusReceiver[] = [];
  /** What happens between the death of a process and the next life. */
  #onDeath: () => void = () => undefined;
  #life: RouterLife;

  private constructor(bus: Bus, tables: { connectionString: string; close(): Promise<void> }) {
    this.bus = bus;
    this.tables = connectTables(tables);
    this.#closeTables = () => tables.close();
    this.#life = this.#boot();
  }

  static async start(): Promise<RouterWorld> {
    const [bus, tables] = await Promise.all([openBus({}), startTables({ port: 0 })]);
    const world = new RouterWorld(bus, tables);
    await ensureTables(world.tables);
    await world.#open();
    return world;
  }

  /** The process that lives now. */
  get life(): RouterLife {
    return this.#life;
  }

  /** Has the process do something; it may die in the middle. */
  async run<T>(act: (life: RouterLife) => Promise<T>): Promise<T | typeof crashed> {
    const life = this.#life;
    return await Promise.race([act(life), life.died.then((): typeof crashed => crashed)]);
  }

  /** What is to be so when the next process begins. */
  whenDead(act: () => void): void {
    this.#onDeath = act;
  }

  async send(queue: string, message: ServiceBusMessage): Promise<void> {
    const sender = this.bus.client.createSender(queue);
    await sender.sendMessages(message);
    await sender.close();
  }

  /** The copies on the outbox of messages with this body, when there are some. */
  sentWith(text: string): CarriedBranch[] {
    return this.sent.filter(({ message }) => message.body.toString() === text);
  }

  /** The messages of a queue, none of which is taken. */
  async peek(queue: string): Promise<ServiceBusReceivedMessage[]> {
    // A new client: one that has peeked before goes on from there.
    const client = this.bus.newClient();
    const found = await client.createReceiver(queue, rawBodies).peekMessages(100);
    await client.close();
    return found;
  }

  /** The ids of the messages that are kept as unmatched. */
  async unmatched(): Promise<string[]> {
    const kept = await this.peek(entities.routerUnmatched);
    return kept.map((received) => readCarried(readReceived(received))?.pass.logicalId ?? "");
  }

  /** Throws when a message was rejected. */
  async refuseRejected(): Promise<void> {
    const [first] = await this.peek(entities.rejected);
    if (first) throw new Error(`A message was rejected: ${String(first.applicationProperties?.["detail"])}`);
  }

  async untilEmpty(queue: string): Promise<void> {
    await eventually(async () => (await this.peek(queue)).length === 0);
  }

  /** Gives a message to the process, and again to its next life, as long as it dies or fails for now: as the platform does. */
  async deliver(
    received: ServiceBusReceivedMessage,
    act: (life: RouterLife, incoming: Incoming) => Promise<void>,
  ) {
    const first = readReceived(received);
    for (let deliveryCount = first.deliveryCount; ; deliveryCount += 1) {
      const done = await this.run((life) => act(life, { ...first, deliveryCount })).then(
        (came) => came !== crashed,
        (error: unknown) => error instanceof Problem,
      );
      if (done) return;
      this.revive();
      await new Promise((resolve) => setTimeout(resolve, againAfterMs));
    }
  }

  /** Begins the next life if the last has ended. */
  revive(): void {
    if (!this.#life.isDead) return;
    this.#onDeath();
    this.#onDeath = () => undefined;
    this.#life = this.#boot();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
    await this.#life.kill();
    await this.bus.close();
    await this.#closeTables();
  }

  #boot(): RouterLife {
    return new RouterLife({
      connect: () => this.bus.newClient(),
      messages: this.tables.routedMessages,
      tables: this.served,
      endpoints: { callTargets: async () => this.outcome },
      endsAt: (point) => this.points.endsAt(point, "web-0"),
      onLine: (line) => this.lines.push(line),
    });
  }

  async #open(): Promise<void> {
    const { embedded } = this.bus;
    if (!embedded) throw new Error("The world makes its own broker");
    const made = entitiesInside(embedded.namespace);
    const { routerInbox, routerOutbox, routerUnmatched, rejected, replies } = entities;
    for (const queue of [routerInbox, routerOutbox, rejected]) await made.createQueue(queue, {});
    await made.createQueue(routerUnmatched, { lockDurationMs: lockMs });
    for (const queue of [entities.routerInboxOrdered, entities.routerOutboxOrdered, replies])
      await made.createQueue(queue, { requiresSession: true });
    this.#receive(routerInbox, (received) =>
      this.deliver(received, (life, incoming) => life.inbox.take(incoming)),
    );
    this.#receive(routerOutbox, async (received) => {
      this.sent.push(readCarriedBranch(readReceived(received)));
    });
  }

  #receive(queue: string, processMessage: (received: ServiceBusReceivedMessage) => Promise<void>): void {
    const receiver = this.bus.client.createReceiver(queue, rawBodies);
    this.#receivers.push(receiver);
    receiver.subscribe({ processMessage, processError: async () => undefined }, { maxConcurrentCalls: 8 });
  }
}
