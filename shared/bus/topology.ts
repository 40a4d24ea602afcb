import { z } from "zod";

import document from "../../infra/topology.json" with { type: "json" };

const duration = z.iso.duration();

const receivable = {
  lockDuration: duration,
  maxDeliveryCount: z.int().min(1).max(2000),
  defaultMessageTimeToLive: duration,
  deadLetteringOnMessageExpiration: z.boolean(),
};

const queue = z.strictObject({
  description: z.string(),
  ...receivable,
  requiresSession: z.boolean(),
  /** Whether a message may name this queue in ReplyTo. Every other entity is refused. */
  replyTarget: z.boolean(),
});

const topic = z.strictObject({
  description: z.string(),
  defaultMessageTimeToLive: duration,
  perInstanceSubscription: z.strictObject({
    ...receivable,
    /** Correlation rules by name: application property to value; `{role}` stands for the instance's role. */
    rules: z.record(z.string(), z.record(z.string(), z.string())),
  }),
});

/** The shape of `infra/topology.json`: every Service Bus entity, with its properties. Durations are ISO 8601. */
export const topologySchema = z.strictObject({
  queues: z.record(z.string(), queue),
  /** A queue for each instance; `{instance}` in its name stands for the instance's id. */
  perInstanceQueues: z.record(z.string(), queue),
  topics: z.record(z.string(), topic),
});

export type Topology = z.infer<typeof topologySchema>;

/** The entities of this package, as the Bicep deploys them and the local broker creates them. */
export const topology: Topology = topologySchema.parse(document);

/** The names that the code uses; a test holds them against the file. */
export const entities = {
  recycleRequests: "recycle-requests",
  replies: "replies",
  rejected: "rejected",
  control: "control",
  messages: "messages",
  presence: "presence",
  counters: "counters",
  counterRequests: "counter-requests",
  routerInbox: "router-inbox",
  routerInboxOrdered: "router-inbox-ordered",
  routerOutbox: "router-outbox",
  routerOutboxOrdered: "router-outbox-ordered",
  routerUnmatched: "router-unmatched",
} as const;

const instanceQueue = "instance-";

export type EntityName = (typeof entities)[keyof typeof entities] | `${typeof instanceQueue}${string}`;

/** The name of an instance's own queue. */
export const instanceQueueOf = (instance: string): EntityName => `${instanceQueue}${instance}`;

/** How long a MessageId or SessionId may be on Service Bus. */
export const maxIdLength = 128;

/** Whether an answer may be sent to this entity. */
export function isReplyTarget(name: string): boolean {
  return topology.queues[name]?.replyTarget === true;
}
