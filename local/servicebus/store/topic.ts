import type { Clock } from "../clock.ts";
import type { FilterableMessage, TopicDescription } from "../model.ts";
import {
  arrivalOf,
  assertAdmitted,
  assertHopsLeft,
  assertSendable,
  type Destination,
} from "./destination.ts";
import { DuplicateWindow } from "./duplicate-window.ts";
import { Mailbox } from "./mailbox.ts";
import type { Arrival, Content } from "./message.ts";
import type { Subscription } from "./subscription.ts";
import { Usage } from "./usage.ts";

/** A topic: what is sent to it is copied to its subscriptions. It keeps nothing but what is scheduled. */
export class Topic implements Destination {
  readonly kind = "topic";
  readonly usage = new Usage();
  /** By lower-case name. */
  readonly subscriptions = new Map<string, Subscription>();
  readonly scheduled: Mailbox;
  description: TopicDescription;
  #duplicates = new DuplicateWindow();
  #sequence = 0;
  readonly #clock: Clock;

  constructor(description: TopicDescription, clock: Clock) {
    this.description = description;
    this.#clock = clock;
    this.scheduled = new Mailbox(
      clock,
      {
        sessionful: false,
        expires: false,
        countsDeliveries: false,
        lockDurationMs: () => 0,
        maxDeliveryCount: () => Infinity,
        nextSequence: () => ++this.#sequence,
        expired: () => {},
        deliveredTooOften: () => {},
        due: (message) =>
          this.#fanOut({
            content: message.content,
            hops: message.hops,
            timeToLiveMs: message.timeToLiveMs,
            enqueuedSequence: message.sequence,
          }),
      },
      this.usage,
    );
  }

  get path(): string {
    return this.description.name;
  }

  assertSendable(): void {
    assertSendable(this.#admission());
  }

  publish(contents: readonly Content[]): void {
    assertAdmitted(this.#admission(), contents);
    for (const content of contents) this.#take(arrivalOf(content));
  }

  schedule(contents: readonly Content[]): number[] {
    assertAdmitted(this.#admission(), contents);
    return contents.map((content) => this.#schedule(arrivalOf(content), this.#isNew(content)));
  }

  acceptForwarded(arrival: Arrival): void {
    assertHopsLeft(arrival);
    assertAdmitted(this.#admission(), [arrival.content]);
    this.#take(arrival);
  }

  #take(arrival: Arrival): void {
    const isNew = this.#isNew(arrival.content);
    if ((arrival.content.scheduledFor ?? 0) > this.#clock.now()) this.#schedule(arrival, isNew);
    else if (isNew)
      this.#fanOut({ ...arrival, enqueuedSequence: arrival.enqueuedSequence ?? ++this.#sequence });
  }

  #schedule(arrival: Arrival, isNew: boolean): number {
    if (!isNew) return ++this.#sequence;
    return this.scheduled.schedule(arrival, arrival.content.scheduledFor ?? this.#clock.now()).sequence;
  }

  #isNew(content: Content): boolean {
    const { requiresDuplicateDetection, duplicateDetectionWindowMs } = this.description;
    if (!requiresDuplicateDetection) return true;
    return this.#duplicates.admit(content.messageId, this.#clock.now(), duplicateDetectionWindowMs);
  }

  #fanOut(arrival: Arrival): void {
    const timeToLiveMs = Math.min(arrival.timeToLiveMs, this.description.defaultTtlMs);
    const seen = seenByRules(arrival, this.#clock.now());
    for (const subscription of this.subscriptions.values())
      subscription.offer({ ...arrival, timeToLiveMs }, seen);
  }

  #admission() {
    const { status, maxSizeBytes } = this.description;
    return { path: this.path, status, requiresSession: false, maxSizeBytes, usedBytes: this.usage.bytes };
  }
}

/** What filters see: the message as sent, with what the broker knows about it. */
function seenByRules(arrival: Arrival, now: number): FilterableMessage {
  const { content, enqueuedSequence } = arrival;
  return {
    system(name) {
      switch (name.toLowerCase()) {
        case "enqueuedtimeutc":
          return new Date(now);
        case "sequencenumber":
        case "enqueuedsequencenumber":
          return enqueuedSequence === undefined ? null : BigInt(enqueuedSequence);
        case "deliverycount":
          return 0n;
        default:
          return content.system(name);
      }
    },
    user: (name) => content.user(name),
  };
}
