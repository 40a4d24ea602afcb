import {
  isServiceBusError,
  type ServiceBusAdministrationClient,
  type ServiceBusClient,
  type ServiceBusReceiver,
} from "@azure/service-bus";
import { entities, instanceQueueOf, topology } from "../../shared/bus/topology.ts";
import { reasonOf } from "../../shared/kernel/log.ts";

/** What an instance receives from: its queue, or its subscription on a topic. */
export type Source = { queue: string } | { topic: string; subscription: string };

/** The entities that an instance needs are not there, and this process cannot make them. */
export class MissingEntities extends Error {
  override readonly name = "MissingEntities";
  /** Such as `queue instance-worker-0` and `subscription control/worker-0`. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[], why: string, options?: ErrorOptions) {
    super(`Missing on Service Bus: ${missing.join(", ")}. ${why}`, options);
    this.missing = missing;
  }
}

export interface OwnEntitiesParts {
  role: string;
  instance: string;
  client: ServiceBusClient;
  /** Needs the right to manage; undefined when this process was given none. */
  administration: ServiceBusAdministrationClient | undefined;
  /** How long an entity that nobody uses stays, ISO 8601. */
  autoDeleteOnIdle: string;
}

/** The entities that belong to one instance, as infra/topology.json describes them. */
export class OwnEntities {
  readonly sources: { control: Source; presence: Source; queue: Source };
  readonly #parts: OwnEntitiesParts;
  #ensuring: Promise<void> | undefined;

  constructor(parts: OwnEntitiesParts) {
    this.#parts = parts;
    const { instance } = parts;
    this.sources = {
      control: { topic: entities.control, subscription: instance },
      presence: { topic: entities.presence, subscription: instance },
      queue: { queue: instanceQueueOf(instance) },
    };
  }

  /** A receiver that takes bodies as they came. */
  receiver(source: Source): ServiceBusReceiver {
    const options = { receiveMode: "peekLock", skipParsingBodyAsJson: true } as const;
    const { client } = this.#parts;
    return "queue" in source
      ? client.createReceiver(source.queue, options)
      : client.createReceiver(source.topic, source.subscription, options);
  }

  /** Makes what is missing; calls at the same time are one. Throws MissingEntities when that is not allowed. */
  ensure(): Promise<void> {
    this.#ensuring ??= this.#ensureNow().finally(() => (this.#ensuring = undefined));
    return this.#ensuring;
  }

  async #ensureNow(): Promise<void> {
    const sources = Object.values(this.sources);
    const present = await Promise.all(sources.map((source) => this.#isPresent(source)));
    const missing = sources.filter((_source, index) => !present[index]);
    if (missing.length === 0) return;
    const names = missing.map(nameOf);
    const { administration } = this.#parts;
    if (!administration)
      throw new MissingEntities(names, "Make them, or give a connection with the right to manage");
    try {
      for (const source of missing) await this.#create(administration, source);
    } catch (error) {
      throw new MissingEntities(names, `They cannot be made with this connection: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** A look needs no more than the right to listen, which every instance has. */
  async #isPresent(source: Source): Promise<boolean> {
    const receiver = this.receiver(source);
    try {
      await receiver.peekMessages(1);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    } finally {
      await receiver.close();
    }
  }

  async #create(administration: ServiceBusAdministrationClient, source: Source): Promise<void> {
    const { role, autoDeleteOnIdle } = this.#parts;
    if ("queue" in source) {
      const described = present(topology.perInstanceQueues[instanceQueueOf("{instance}")], source.queue);
      await unlessThere(
        administration.createQueue(source.queue, { ...toOptions(described), autoDeleteOnIdle }),
      );
      return;
    }
    const { topic, subscription } = source;
    const described = present(topology.topics[topic], topic).perInstanceSubscription;
    const [first, ...others] = Object.entries(described.rules).map(([name, properties]) => ({
      name,
      filter: {
        applicationProperties: Object.fromEntries(
          Object.entries(properties).map(([property, value]) => [property, value.replace("{role}", role)]),
        ),
      },
    }));
    const options = {
      ...toOptions(described),
      autoDeleteOnIdle,
      ...(first ? { defaultRuleOptions: first } : {}),
    };
    await unlessThere(administration.createSubscription(topic, subscription, options));
    for (const { name, filter } of others)
      await unlessThere(administration.createRule(topic, subscription, name, filter));
  }
}

/** Whether the broker says that there is no such entity. */
export function isNotFound(error: unknown): boolean {
  return isServiceBusError(error) && error.code === "MessagingEntityNotFound";
}

const nameOf = (source: Source): string =>
  "queue" in source ? `queue ${source.queue}` : `subscription ${source.topic}/${source.subscription}`;

/** As much of a description as creating an entity takes. */
interface Described {
  lockDuration: string;
  maxDeliveryCount: number;
  defaultMessageTimeToLive: string;
  deadLetteringOnMessageExpiration: boolean;
}

function toOptions(described: Described): Described {
  const { lockDuration, maxDeliveryCount, defaultMessageTimeToLive, deadLetteringOnMessageExpiration } =
    described;
  return { lockDuration, maxDeliveryCount, defaultMessageTimeToLive, deadLetteringOnMessageExpiration };
}

function present<T>(described: T | undefined, name: string): T {
  if (described === undefined) throw new Error(`infra/topology.json does not describe ${name}`);
  return described;
}

/** Somebody else may have made it in the meantime. */
async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    const isThere =
      error instanceof Error && "code" in error && error.code === "MessageEntityAlreadyExistsError";
    if (!isThere) throw error;
  }
}
