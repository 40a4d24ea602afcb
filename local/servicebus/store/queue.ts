import type { Clock } from "../clock.ts";
import type { QueueDescription } from "../model.ts";
import {
  arrivalOf,
  assertAdmitted,
  assertHopsLeft,
  assertSendable,
  type Destination,
} from "./destination.ts";
import { DuplicateWindow } from "./duplicate-window.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Arrival, Content } from "./message.ts";
import { Receivable, type Router } from "./receivable.ts";
import { Usage } from "./usage.ts";

/** A queue: what is sent to it is received from it. */
export class Queue implements Destination {
  readonly kind = "queue";
  readonly receivable: Receivable;
  readonly usage = new Usage();
  description: QueueDescription;
  #duplicates = new DuplicateWindow();
  readonly #clock: Clock;

  constructor(description: QueueDescription, clock: Clock, router: Router) {
    this.description = description;
    this.#clock = clock;
    this.receivable = new Receivable({
      path: description.name,
      clock,
      usage: this.usage,
      router,
      properties: () => this.description,
    });
  }

  get path(): string {
    return this.description.name;
  }

  get scheduled(): Mailbox {
    return this.receivable.main;
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
    else if (isNew) this.receivable.accept(arrival);
  }

  #schedule(arrival: Arrival, isNew: boolean): number {
    // The sender of a duplicate must not see a difference: it too gets a number, of a message that never comes.
    if (!isNew) return this.receivable.nextSequence();
    return this.scheduled.schedule(arrival, arrival.content.scheduledFor ?? this.#clock.now()).sequence;
  }

  #isNew(content: Content): boolean {
    const { requiresDuplicateDetection, duplicateDetectionWindowMs } = this.description;
    if (!requiresDuplicateDetection) return true;
    return this.#duplicates.admit(content.messageId, this.#clock.now(), duplicateDetectionWindowMs);
  }

  #admission() {
    const { status, requiresSession, maxSizeBytes } = this.description;
    return { path: this.path, status, requiresSession, maxSizeBytes, usedBytes: this.usage.bytes };
  }
}
