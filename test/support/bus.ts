import { randomBytes } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import type {
  RetryOptions,
  ServiceBusAdministrationClient,
  ServiceBusClientOptions,
} from "@azure/service-bus";
import { vi } from "vitest";
import type { TestContext } from "vitest";
import { createBroker } from "../../local/servicebus/broker.ts";
import type { Broker, BrokerOptions } from "../../local/servicebus/broker.ts";
import { ManualClock } from "../../local/servicebus/clock.ts";
import type { Clock } from "../../local/servicebus/clock.ts";
import type { Log } from "../../local/servicebus/log-event.ts";
import { administrationClient, entitiesInside, entitiesThrough } from "./entities.ts";
import type { Entities, QueueOptions, SubscriptionOptions, TopicOptions } from "./entities.ts";
import { eventually } from "./eventually.ts";

/** The SDK's own default waits 30 s before it tries again; a test cannot. */
const SHORT_RETRIES: RetryOptions = {
  maxRetries: 3,
  retryDelayInMs: 50,
  maxRetryDelayInMs: 500,
  timeoutInMs: 15_000,
};

/** Most tests wait rather than work, so many of them run side by side. */
const CONCURRENT_TESTS = 32;

/** A Service Bus for one test file: the embedded broker, or the one that `SERVICEBUS_CONNECTION_STRING` names. */
export interface Bus extends AsyncDisposable {
  readonly connectionString: string;
  /** A client that the tests of the file share; closed with the bus. */
  readonly client: ServiceBusClient;
  readonly admin: ServiceBusAdministrationClient;
  /** The embedded broker, when that is what the tests run against. */
  readonly embedded: Broker | undefined;
  /** The shortest lock that this broker grants. */
  readonly shortLockMs: number;
  /** A name that no other test uses, on this broker or on a shared one. */
  nameFor(entity: string): string;
  queue(options?: QueueOptions): Promise<string>;
  topic(options?: TopicOptions): Promise<string>;
  subscription(topic: string, options?: SubscriptionOptions): Promise<string>;
  /** A client with a connection of its own; closed with the bus at the latest. */
  newClient(options?: ServiceBusClientOptions, connectionString?: string): ServiceBusClient;
  /** What time it is for the broker. */
  now(): number;
  /** Lets so much of the broker's time go by: at once where a test moves its clock, else by waiting. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens the bus for a test file. Options are for the embedded broker: a file that gives any tests that broker only. */
export async function openBus(options?: Partial<BrokerOptions>): Promise<Bus> {
  vi.setConfig({ maxConcurrency: CONCURRENT_TESTS });
  const external = process.env["SERVICEBUS_CONNECTION_STRING"];
  if (external === undefined || options !== undefined) {
    return openEmbedded(options ?? {});
  }
  const admin = administrationClient(process.env["SERVICEBUS_ADMIN_CONNECTION_STRING"] ?? external);
  return new OpenBus(external, admin, entitiesThrough(admin), undefined);
}

async function openEmbedded(options: Partial<BrokerOptions>): Promise<Bus> {
  const bugs: unknown[] = [];
  const log: Log = (event) => {
    if (event.event === "bug") bugs.push(event.error);
  };
  const broker = await createBroker({ log, ...options });
  const admin = administrationClient(broker.adminConnectionString);
  const { clock } = options;
  return new OpenBus(broker.connectionString, admin, entitiesInside(broker.namespace), {
    broker,
    bugs,
    clock,
  });
}

/** A bus whose time the tests move, so that no lock runs out because the machine is slow. For tests one after the other. */
export function openTimedBus(): Promise<Bus> {
  if (process.env["SERVICEBUS_CONNECTION_STRING"] !== undefined) return openBus();
  return openBus({ clock: new ManualClock(Date.now()) });
}

/** The embedded broker; on another broker the test is skipped, with the reason why no other will do. */
export function embeddedBroker(bus: Bus, test: TestContext, reason: string): Broker {
  return bus.embedded ?? test.skip(`embedded broker only: ${reason}`);
}

interface Embedded {
  broker: Broker;
  /** What the broker reported as a bug of its own. */
  bugs: readonly unknown[];
  clock: Clock | undefined;
}

class OpenBus implements Bus {
  readonly connectionString: string;
  readonly client: ServiceBusClient;
  readonly admin: ServiceBusAdministrationClient;
  readonly embedded: Broker | undefined;
  readonly shortLockMs: number;
  readonly #entities: Entities;
  readonly #suffix = randomBytes(4).toString("hex");
  readonly #clients: ServiceBusClient[] = [];
  readonly #removals: (() => Promise<void>)[] = [];
  readonly #bugs: readonly unknown[];
  readonly #clock: Clock | undefined;
  #names = 0;

  constructor(
    connectionString: string,
    admin: ServiceBusAdministrationClient,
    entities: Entities,
    embedded: Embedded | undefined,
  ) {
    this.connectionString = connectionString;
    this.admin = admin;
    this.embedded = embedded?.broker;
    this.#bugs = embedded?.bugs ?? [];
    this.#clock = embedded?.clock;
    this.shortLockMs = embedded === undefined ? 5_000 : 1_000;
    this.#entities = entities;
    this.client = this.newClient();
  }

  nameFor(entity: string): string {
    this.#names += 1;
    return `${entity}-${this.#names}-${this.#suffix}`;
  }

  async queue(options: QueueOptions = {}): Promise<string> {
    const name = this.nameFor("queue");
    await this.#entities.createQueue(name, options);
    this.#removals.push(() => this.#entities.deleteQueue(name));
    return name;
  }

  async topic(options: TopicOptions = {}): Promise<string> {
    const name = this.nameFor("topic");
    await this.#entities.createTopic(name, options);
    this.#removals.push(() => this.#entities.deleteTopic(name));
    return name;
  }

  async subscription(topic: string, options: SubscriptionOptions = {}): Promise<string> {
    const name = this.nameFor("sub");
    await this.#entities.createSubscription(topic, name, options);
    return name;
  }

  newClient(
    options: ServiceBusClientOptions = {},
    connectionString = this.connectionString,
  ): ServiceBusClient {
    const retryOptions = { ...SHORT_RETRIES, ...options.retryOptions };
    const client = new ServiceBusClient(connectionString, { ...options, retryOptions });
    this.#clients.push(client);
    return client;
  }

  now(): number {
    return this.#clock?.now() ?? Date.now();
  }

  async pass(ms: number): Promise<void> {
    if (this.#clock instanceof ManualClock) this.#clock.advance(ms);
    else await new Promise((resolve) => setTimeout(resolve, ms));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    if (this.embedded === undefined) {
      // An entity that a test has removed already, or that removed itself, is no reason to fail.
      await Promise.allSettled(this.#removals.map((remove) => remove()));
      return;
    }
    const broker = this.embedded;
    try {
      // A connection that outlives the clients of a file is a leak.
      await eventually(() => broker.connectionCount === 0, { withinMs: 10_000 });
    } finally {
      await broker.close();
    }
    if (this.#bugs.length > 0) throw new AggregateError(this.#bugs, "the broker reported bugs of its own");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
