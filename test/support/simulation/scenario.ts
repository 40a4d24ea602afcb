import type { RecycleBody } from "../../../shared/operation/message.ts";

export interface SimulatedRequest {
  role: string;
  key: string;
  /** As a message with ReplyTo, or as an HTTP call that its client repeats until it is answered. */
  by: "message" | "http";
  body?: Partial<RecycleBody>;
}

/** Everything that can go wrong. */
export const faultKinds = [
  /** A process ends between two steps, and its instance boots again. */
  "crash",
  /** A process ends, and its instance never comes back. */
  "loss",
  /** A process stands still for a while; its locks run out meanwhile. */
  "pause",
  /** A second process boots with the same instance id. */
  "twin",
  /** A write or a send takes effect, its answer is lost, and it is repeated. */
  "answer-lost",
  /** A call fails; it may have taken effect. */
  "call-failed",
  /** A message comes again although it is, or was, being handled. */
  "redelivery",
  /** A message on the queue ends in the dead-letter queue. */
  "dead-letter",
  /** Somebody cancels an operation. */
  "cancel",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fleet, what is asked of it, and what may go wrong meanwhile. */
export interface Scenario {
  name: string;
  instances: readonly { id: string; role: string }[];
  requests: readonly SimulatedRequest[];
  faults: readonly FaultKind[];
  /** How many things go wrong at most. */
  maxFaults: number;
  /** Instances whose application refuses to recycle. */
  refusing?: readonly string[];
  /** Instances that recycle in another way than by ending their worker. */
  modes?: Readonly<Record<string, "log-only" | "restart-app">>;
  /** How far the wall clocks of the processes are ahead of the broker's, in the order in which they boot; else they all agree. */
  clocksAheadMs?: readonly number[];
  /** Whether requests come while the fleet still boots; else they wait until it serves. */
  isAskedEarly?: boolean;
}

const bodyDefaults: RecycleBody = {
  tag: "",
  maxErrors: 0,
  deliveryTimeout: 12_000,
  executionTimeout: 40_000,
  dryRun: false,
};

export function bodyOf({ body }: SimulatedRequest): RecycleBody & { from: string } {
  return { ...bodyDefaults, ...body, from: "test" };
}
