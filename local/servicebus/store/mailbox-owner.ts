import type { StoredMessage } from "./message.ts";

/** What a mailbox leaves to the entity it belongs to. Messages handed to it have left the mailbox. */
export interface MailboxOwner {
  readonly sessionful: boolean;
  /** False where messages stay for ever: among dead letters. */
  readonly expires: boolean;
  /** False where a delivery that failed leaves no trace: among dead letters. */
  readonly countsDeliveries: boolean;
  lockDurationMs(): number;
  maxDeliveryCount(): number;
  nextSequence(): number;
  expired(message: StoredMessage): void;
  deliveredTooOften(message: StoredMessage): void;
  due(message: StoredMessage): void;
}
