import type { FilterableMessage, PropertyChange } from "../model.ts";
import type { Cancel } from "../clock.ts";
import type { SessionLock } from "./session.ts";

/**
 * What a sender put into a message. Never changed in place, so that all copies of a message share it.
 * The store reads these fields and passes the rest through: how a message is written on the wire is not its business.
 */
export interface Content extends FilterableMessage {
  readonly messageId: string;
  readonly sessionId: string | undefined;
  readonly partitionKey: string | undefined;
  /** Infinity when the sender gave none. */
  readonly timeToLiveMs: number;
  readonly scheduledFor: number | undefined;
  readonly sizeBytes: number;
  /** The part of the size that is not body. */
  readonly propertiesBytes: number;
  /** The largest single application property. */
  readonly largestPropertyBytes: number;
  /** The same message with changed properties. */
  change(changes: readonly PropertyChange[]): Content;
}

/** How a consumer changes a message as it settles it. */
export type Change = (content: Content) => Content;

/** A message on its way into an entity. */
export interface Arrival {
  readonly content: Content;
  /** How often auto-forwarding moved it. */
  readonly hops: number;
  /** What the sender and the entities on the way allow; Infinity for no limit. */
  readonly timeToLiveMs: number;
  /** The sequence number it got where it was first accepted, once it has moved on. */
  readonly enqueuedSequence?: number | undefined;
  /** The entity in which it was dead-lettered, once its dead letter was forwarded. */
  readonly deadLetterSource?: string | undefined;
  /** What a dead letter takes along: a dead-letter queue continues the numbering of its entity. */
  readonly kept?:
    | { readonly sequence: number; readonly enqueuedAt: number; readonly deliveryCount: number }
    | undefined;
}

export type MessageState = "active" | "deferred" | "scheduled" | "gone";

/** A message as one mailbox keeps it. */
export interface StoredMessage {
  readonly sequence: number;
  readonly enqueuedSequence: number | undefined;
  readonly enqueuedAt: number;
  readonly hops: number;
  readonly deadLetterSource: string | undefined;
  /** Place in the order of arrival, which redelivery keeps. */
  readonly order: number;
  /** What is left of the sender's and the entity's time to live; Infinity for none. */
  readonly timeToLiveMs: number;
  readonly expiresAt: number;
  content: Content;
  deliveryCount: number;
  state: MessageState;
  /** True while it stands in a lane for the next consumer. */
  waiting: boolean;
  lock: MessageLock | undefined;
  /** Takes back what the clock was asked to do with it: expire it or make it active. */
  cancelTimer: Cancel | undefined;
}

/** A consumer's hold on one message. */
export interface MessageLock {
  /** UUID in canonical text. */
  readonly token: string;
  readonly message: StoredMessage;
  lockedUntil: number;
  /** Messages of a session are held as long as their session is. */
  readonly session: SessionLock | undefined;
  cancelTimer: Cancel | undefined;
}

/** An arrival as a mailbox begins to keep it. */
export function storedMessage(
  arrival: Arrival,
  place: { state: "active" | "scheduled"; sequence: number; order: number; now: number; expires: boolean },
): StoredMessage {
  const { content, hops, timeToLiveMs, enqueuedSequence, deadLetterSource, kept } = arrival;
  const enqueuedAt = kept?.enqueuedAt ?? place.now;
  return {
    sequence: place.sequence,
    enqueuedSequence,
    enqueuedAt,
    hops,
    deadLetterSource,
    order: place.order,
    timeToLiveMs,
    expiresAt: place.expires ? enqueuedAt + timeToLiveMs : Infinity,
    content,
    deliveryCount: kept?.deliveryCount ?? 0,
    state: place.state,
    waiting: false,
    lock: undefined,
    cancelTimer: undefined,
  };
}
