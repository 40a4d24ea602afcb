import type { Topology } from "../../../shared/bus/topology.ts";
import type { NamespaceConfig } from "../model.ts";
import type { EmulatorConfig } from "./emulator-schema.ts";
import { interpretConfig } from "./read-config.ts";

/** One member of the fleet, as far as the broker has to know it. */
export interface TopologyInstance {
  readonly id: string;
  readonly role: string;
}

type EmulatorNamespace = EmulatorConfig["UserConfig"]["Namespaces"][0];
type EmulatorQueue = NonNullable<EmulatorNamespace["Queues"]>[number];
type EmulatorTopic = NonNullable<EmulatorNamespace["Topics"]>[number];
type EmulatorSubscription = NonNullable<EmulatorTopic["Subscriptions"]>[number];
type EmulatorRule = NonNullable<EmulatorSubscription["Rules"]>[number];
type TopologyTopic = Topology["topics"][string];

/** The only name of a namespace that the official emulator takes. */
const emulatorNamespace = "sbemulatorns";

/** Writes the entities of the topology, for a fleet of these instances, in the format of the official emulator's Config.json. */
export function topologyToConfig(topology: Topology, instances: readonly TopologyInstance[]): EmulatorConfig {
  return {
    UserConfig: {
      Namespaces: [
        {
          Name: emulatorNamespace,
          Queues: queuesFor(topology, instances).map(([name, queue]) => toQueue(name, queue)),
          Topics: Object.entries(topology.topics).map(([name, topic]) => toTopic(name, topic, instances)),
        },
      ],
      Logging: { Type: "Console" },
    },
  };
}

/** The entities of the topology as the embedded broker takes them. */
export function topologyToNamespace(
  topology: Topology,
  instances: readonly TopologyInstance[],
): NamespaceConfig {
  return interpretConfig(topologyToConfig(topology, instances)).config;
}

/** The queues of all, and each instance's own. */
function queuesFor({ queues, perInstanceQueues }: Topology, instances: readonly TopologyInstance[]) {
  const own = Object.entries(perInstanceQueues).flatMap(([name, queue]) =>
    instances.map(({ id }) => [name.replaceAll("{instance}", id), queue] as const),
  );
  return [...Object.entries(queues), ...own];
}

function toQueue(name: string, queue: Topology["queues"][string]): EmulatorQueue {
  return { Name: name, Properties: { ...receivable(queue), RequiresSession: queue.requiresSession } };
}

function toTopic(name: string, topic: TopologyTopic, instances: readonly TopologyInstance[]): EmulatorTopic {
  return {
    Name: name,
    Properties: { DefaultMessageTimeToLive: topic.defaultMessageTimeToLive },
    Subscriptions: instances.map((instance) => toSubscription(topic, instance)),
  };
}

function toSubscription(
  { perInstanceSubscription }: TopologyTopic,
  instance: TopologyInstance,
): EmulatorSubscription {
  const rules = Object.entries(perInstanceSubscription.rules);
  return {
    Name: instance.id,
    Properties: receivable(perInstanceSubscription),
    // Without rules of its own a subscription takes everything.
    ...(rules.length > 0
      ? { Rules: rules.map(([name, properties]) => toRule(name, properties, instance)) }
      : {}),
  };
}

/** `{role}` in a value stands for the instance's role. */
function toRule(
  name: string,
  properties: Readonly<Record<string, string>>,
  { role }: TopologyInstance,
): EmulatorRule {
  const filled = Object.entries(properties).map(([key, value]) => [key, value.replaceAll("{role}", role)]);
  return {
    Name: name,
    Properties: { FilterType: "Correlation", CorrelationFilter: { Properties: Object.fromEntries(filled) } },
  };
}

function receivable(entity: TopologyTopic["perInstanceSubscription"] | Topology["queues"][string]) {
  return {
    LockDuration: entity.lockDuration,
    MaxDeliveryCount: entity.maxDeliveryCount,
    DefaultMessageTimeToLive: entity.defaultMessageTimeToLive,
    DeadLetteringOnMessageExpiration: entity.deadLetteringOnMessageExpiration,
  };
}
