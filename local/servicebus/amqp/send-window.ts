import type { Connection, Sender, Session } from "rhea";
import { maxMessageBytes, maxPropertiesBytes, maxSocketBacklogBytes } from "../limits.ts";
import { socketBacklogBytes } from "./rhea-connection.ts";
import { afterProcess } from "./rhea-session.ts";
import { type RawDelivery, type RawLink, rawLink, rawSession } from "./rhea-shapes.ts";

/** What a frame needs besides its payload, at most. */
const frameOverheadBytes = 64;

/**
 * How much the links of one AMQP session may send.
 *
 * rhea keeps all deliveries of a session in one queue, and the first that lacks credit or window blocks every link. So nothing is
 * given to rhea that it cannot write at once: what is queued but not written yet is counted here.
 */
export class SendWindow {
  #queued: { id: number; link: RawLink; transfers: number }[] = [];
  #head = 0;
  #queuedTransfers = 0;
  #queuedByLink = new Map<RawLink, number>();
  readonly #session: Session;
  readonly #connection: Connection;

  constructor(session: Session, connection: Connection) {
    this.#session = session;
    this.#connection = connection;
    afterProcess(rawSession(session), () => this.#forgetWritten());
  }

  /** How many messages the link can send now. */
  capacity(link: Sender): number {
    const { outgoing } = rawSession(this.#session);
    const raw = rawLink(link);
    const credit = raw.credit - (this.#queuedByLink.get(raw) ?? 0);
    if (credit <= 0 || !link.is_open()) return 0;
    if (socketBacklogBytes(this.#connection) > maxSocketBacklogBytes) return 0;
    const window = outgoing.transfer_window() - this.#queuedTransfers;
    const needed = Math.min(this.#transfersOfLargest(), outgoing.remote_window ?? 1);
    // Before the first flow the window is not a number.
    if (!(window >= needed)) return 0;
    return Math.min(credit, outgoing.available(), window);
  }

  /**
   * Keeps what was promised to rhea. A client may take credit back in the same read in which it gave it; what is queued by then
   * goes out all the same, as if it had crossed on the wire, for without credit it would block every link of the session.
   */
  creditMoved(link: Sender): void {
    const raw = rawLink(link);
    raw.credit = Math.max(raw.credit, this.#queuedByLink.get(raw) ?? 0);
  }

  /** Notes a delivery that was handed to rhea. */
  queued(delivery: RawDelivery): void {
    const { id, link } = delivery;
    const transfers = delivery.data?.length ?? 1;
    this.#queued.push({ id, link, transfers });
    this.#queuedTransfers += transfers;
    this.#queuedByLink.set(link, (this.#queuedByLink.get(link) ?? 0) + 1);
  }

  #forgetWritten(): void {
    const { outgoing } = rawSession(this.#session);
    for (let next = this.#queued[this.#head]; next !== undefined; next = this.#queued[this.#head]) {
      if (next.id >= outgoing.next_pending_delivery) break;
      this.#head++;
      this.#queuedTransfers -= next.transfers;
      const left = (this.#queuedByLink.get(next.link) ?? 1) - 1;
      if (left === 0) this.#queuedByLink.delete(next.link);
      else this.#queuedByLink.set(next.link, left);
    }
    if (this.#head === this.#queued.length) {
      this.#queued = [];
      this.#head = 0;
    }
  }

  #transfersOfLargest(): number {
    const frame = this.#connection.max_frame_size ?? Infinity;
    return Math.ceil((maxMessageBytes + maxPropertiesBytes) / Math.max(frame - frameOverheadBytes, 1)) || 1;
  }
}
