import type { BrokerError } from "../../../local/servicebus/broker-error.ts";
import type { Consumer, ReceiveMode } from "../../../local/servicebus/store/consumer.ts";
import type { MessageLock, StoredMessage } from "../../../local/servicebus/store/message.ts";
import { PlainContent } from "./plain-content.ts";

/** A consumer that keeps what it gets. It starts with no credit. */
export class RecordingConsumer implements Consumer {
  readonly mode: ReceiveMode;
  readonly received: { message: StoredMessage; lock: MessageLock | undefined }[] = [];
  readonly errors: BrokerError[] = [];
  credit: number;

  constructor(credit = 0, mode: ReceiveMode = "peek-lock") {
    this.credit = credit;
    this.mode = mode;
  }

  /** The bodies it got, in order. */
  get bodies(): string[] {
    return this.received.map(({ message }) => bodyOf(message));
  }

  /** The token of the lock it got last for a body. */
  token(body: string): string {
    const last = this.received.findLast(({ message }) => bodyOf(message) === body);
    if (last?.lock === undefined) throw new Error(`no lock on '${body}'`);
    return last.lock.token;
  }

  capacity(): number {
    return this.credit;
  }

  deliver(message: StoredMessage, lock: MessageLock | undefined): void {
    this.credit--;
    this.received.push({ message, lock });
  }

  ended(error: BrokerError): void {
    this.errors.push(error);
  }
}

export function bodyOf(message: StoredMessage): string {
  return message.content instanceof PlainContent ? message.content.body : "";
}
