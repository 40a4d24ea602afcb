import { createHash } from "node:crypto";
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { connectBus } from "../../shared/bus/connect.ts";
import { readReceived, type Incoming } from "../../shared/bus/incoming.ts";
import { Outbox } from "../../shared/bus/outbox.ts";
import { entities, type EntityName } from "../../shared/bus/topology.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import type { FaultPoint } from "../../shared/kernel/fault-points.ts";
import { Log } from "../../shared/kernel/log.ts";
import { Branches } from "../../shared/routing/branch/branches.ts";
import { branchRowKey, readBranchRow, type BranchState } from "../../shared/routing/branch/branch-row.ts";
import { branchLog } from "../../shared/routing/branch/log.ts";
import { carryBranch, readCarriedBranch, type CarriedBranch } from "../../shared/routing/carrier.ts";
import { Endpoints, type EndpointsParts } from "../../shared/routing/endpoint/endpoints.ts";
import { resolveHost } from "../../shared/routing/endpoint/resolve.ts";
import { localRun } from "../../shared/routing/outbound-policy.ts";
import { connectTables, ensureTables, type Tables } from "../../shared/table/connect.ts";
import { startTables } from "../../local/tables/tables.ts";
import { openBus, type Bus } from "./bus.ts";
import { entitiesInside } from "./entities.ts";

/** Delivered by the broker: which copy, and for the how-manieth time. */
export interface Delivery {
  messageId: string;
  branchId: string;
  number: number;
  deliveryCount: number;
}

/** Whether the process that handles this delivery ends at this point. */
export type Dies = (point: FaultPoint, delivery: Delivery) => boolean;

export interface WorldOptions {
  maxTries: number;
  retryMs: number;
  endpoints: Partial<EndpointsParts>;
}

const receivers = 4;
/** Queues that tables name. */
const targetQueues = ["work", "backup"];

/**
 * The delivering side over the real broker and the real table service. A process that dies takes no more steps; what it had received is given
 * back to the broker, as when its lock runs out, and delivered again.
 */
export class BranchWorld {
  readonly deliveries: Delivery[] = [];
  readonly lines: Record<string, unknown>[] = [];
  /** Set by a test: which processes end, and where. */
  dies: Dies = () => false;
  readonly bus: Bus;
  readonly #tables: Tables;
  readonly #closeTables: () => Promise<void>;
  readonly #outbox: Outbox;
  readonly #endpoints: Endpoints;
  readonly #options: WorldOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>[] = [];
  #ids = 0;

  private constructor(
    bus: Bus,
    tables: { connectionString: string; close(): Promise<void> },
    options: Partial<WorldOptions>,
  ) {
    this.bus = bus;
    this.#tables = connectTables(tables);
    this.#closeTables = () => tables.close();
    this.#outbox = new Outbox(() => connectBus(bus), systemClock);
    this.#options = { maxTries: 4, retryMs: 15, endpoints: {}, ...options };
    const outbox = this.#outbox;
    this.#endpoints = new Endpoints({
      policy: localRun,
      resolve: resolveHost,
      getToken: async (resource) => `token for ${resource}`,
      tokenResources: [],
      readSecret: (setting) => process.env[setting],
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      sendToEntity: (entity, body, properties) => outbox.sendRaw(entity as EntityName, body, properties),
      sendToMailbox: async () => undefined,
      submitToRouter: async () => undefined,
      requestThroughRouter: async () => Promise.reject(new Error("no request here")),
      clock: systemClock,
      onCircuit: this.#log().circuit,
      ...this.#options.endpoints,
    });
  }

  static async start(options: Partial<WorldOptions> = {}): Promise<BranchWorld> {
    const [bus, tables] = await Promise.all([openBus({}), startTables({ port: 0 })]);
    const world = new BranchWorld(bus, tables, options);
    await ensureTables(world.#tables);
    if (!bus.embedded) throw new Error("The world makes its own broker");
    const made = entitiesInside(bus.embedded.namespace);
    for (const queue of [entities.routerOutbox, entities.rejected, ...targetQueues])
      await made.createQueue(queue, {});
    for (const queue of [entities.routerOutboxOrdered, entities.replies])
      await made.createQueue(queue, { requiresSession: true });
    for (let count = 0; count < receivers; count += 1) {
      world.#running.push(world.#receive(), world.#receiveOrdered());
    }
    return world;
  }

  /** A new id of a message, so that tests do not meet. */
  nextId(): string {
    this.#ids += 1;
    return createHash("sha256").update(`${process.pid} ${this.#ids}`).digest("hex").slice(0, 32);
  }

  /** Puts a branch on the outbox as the deciding side does; in order if its message has an ordering key. */
  async put(carried: CarriedBranch): Promise<void> {
    const { message, branch, copy } = carried;
    const { orderingKey } = message.pass;
    const isOrdered = orderingKey !== undefined;
    await this.#outbox.sendRaw(
      isOrdered ? entities.routerOutboxOrdered : entities.routerOutbox,
      message.body,
      {
        ...carryBranch(carried),
        messageId: `${branch.id}:${copy.number}`,
        ...(isOrdered ? { sessionId: `${orderingKey}-${branch.endpoint}` } : {}),
      },
    );
  }

  /** The row of a branch; undefined while there is none. */
  async rowOf({ message, branch }: CarriedBranch): Promise<BranchState | undefined> {
    const row = await this.#tables.routedMessages.read(message.pass.logicalId, branchRowKey(branch.index));
    return row && readBranchRow(row);
  }

  /** What is on a queue, without taking it. */
  async on(queue: string): Promise<ServiceBusReceivedMessage[]> {
    // A client peeks on from where it last stopped; a new one begins at the beginning.
    const client = this.bus.newClient();
    const messages = await client.createReceiver(queue, skip).peekMessages(1_000);
    await client.close();
    return messages;
  }

  /** Whether no copy of any branch is under way or waits for its time. */
  async isQuiet(): Promise<boolean> {
    const left = await Promise.all(
      [entities.routerOutbox, entities.routerOutboxOrdered].map((queue) => this.on(queue)),
    );
    return left.every((messages) => messages.length === 0);
  }

  deliveriesOf({ branch }: CarriedBranch): Delivery[] {
    return this.deliveries.filter(({ branchId }) => branchId === branch.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
    this.#endpoints.close();
    await this.#outbox.close();
    await this.bus.close();
    await this.#closeTables();
  }

  #log() {
    const write = (line: string) => void this.lines.push(parsed(line));
    return branchLog(new Log({ instance: "web-0", role: "web" }, systemClock, write));
  }

  async #receive(): Promise<void> {
    const receiver = this.bus.client.createReceiver(entities.routerOutbox, skip);
    await this.#serve(
      receiver,
      (branches, incoming) => branches.deliver(incoming),
      () => false,
    );
  }

  async #receiveOrdered(): Promise<void> {
    const client = this.bus.newClient({ retryOptions: { maxRetries: 0, timeoutInMs: 300 } });
    while (!this.#stopped.signal.aborted) {
      try {
        const receiver = await client.acceptNextSession(entities.routerOutboxOrdered, skip);
        await this.#serve(
          receiver,
          (branches, incoming) => branches.deliverOrdered(incoming),
          (idle) => idle,
        );
      } catch {
        // No session has anything; look again.
      }
    }
    await client.close();
  }

  /** Handles message after message; ends with the test, or when nothing more comes and that ends it. */
  async #serve(
    receiver: ServiceBusReceiver,
    act: (branches: Branches, incoming: Incoming) => Promise<void>,
    endsWhen: (isIdle: boolean) => boolean,
  ): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 150 });
      if (!message) {
        if (endsWhen(true)) break;
        continue;
      }
      const isDone = await this.#handle(readReceived(message), act);
      await (isDone ? receiver.completeMessage(message) : receiver.abandonMessage(message));
    }
    await receiver.close();
  }

  /** Whether the handler came to its end: it may throw, or die. */
  async #handle(
    incoming: Incoming,
    act: (branches: Branches, incoming: Incoming) => Promise<void>,
  ): Promise<boolean> {
    const { branch, copy } = readCarriedBranch(incoming);
    const { messageId, deliveryCount } = incoming;
    const delivery = { messageId, branchId: branch.id, number: copy.number, deliveryCount };
    this.deliveries.push(delivery);
    const { branches, died } = this.#process(delivery);
    const handled = act(branches, incoming).then(
      () => true,
      () => false,
    );
    return await Promise.race([handled, died]);
  }

  /** A process that lives for one delivery, as far as its steps go; which endpoints are down it knows from before. */
  #process(delivery: Delivery): { branches: Branches; died: Promise<false> } {
    let isDead = false;
    let die = (): void => undefined;
    const died = new Promise<false>((resolve) => (die = () => resolve(false)));
    const reach = async (point: FaultPoint): Promise<void> => {
      if (!isDead && this.dies(point, delivery)) {
        isDead = true;
        die();
      }
      if (isDead) await never;
    };
    const { routedMessages } = this.#tables;
    const branches = new Branches(
      {
        table: routedMessages,
        endpoints: this.#endpoints,
        send: (...message) => this.#outbox.sendRaw(...message),
        sendToMailbox: async () => undefined,
        clock: systemClock,
        faults: { reach },
        log: this.#log(),
      },
      this.#options,
    );
    return { branches, died };
  }
}

/** Kills the first process that comes to the point, once for each branch; the predicate can be asked whether it has. */
export function onceAt(point: FaultPoint): Dies & { count: number } {
  const dies = Object.assign(
    (reached: FaultPoint, delivery: Delivery): boolean => {
      if (reached !== point || seen.has(delivery.branchId)) return false;
      seen.add(delivery.branchId);
      dies.count += 1;
      return true;
    },
    { count: 0 },
  );
  const seen = new Set<string>();
  return dies;
}

const skip = { skipParsingBodyAsJson: true } as const;
const never = new Promise<never>(() => undefined);

function parsed(line: string): Record<string, unknown> {
  // The log writes objects.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(line) as Record<string, unknown>;
}
