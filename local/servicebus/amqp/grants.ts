import { pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import type { Cancel, Clock } from "../clock.ts";

/** What the tokens that a connection has put allow it to use, and until when. */
export class Grants {
  /** Expiry times by lower-case path; the empty path is the whole namespace. */
  #expiries = new Map<string, { at: number; cancel: Cancel }>();
  #all = false;
  readonly #clock: Clock;
  readonly #lapsed: () => void;

  /** `lapsed` is called when a grant ran out that was not renewed. */
  constructor(clock: Clock, lapsed: () => void) {
    this.#clock = clock;
    this.#lapsed = lapsed;
  }

  /** Allows everything: the connection authenticated with the key itself. */
  addAll(): void {
    this.#all = true;
  }

  add(resource: string, expiresAt: number): void {
    const path = pathOf(resource).toLowerCase();
    this.#expiries.get(path)?.cancel();
    const cancel = this.#clock.schedule(expiresAt, () => {
      this.#expiries.delete(path);
      this.#lapsed();
    });
    this.#expiries.set(path, { at: expiresAt, cancel });
  }

  /** A grant covers its path and all below it; one for `x/$management` covers nothing else. */
  covers(address: string): boolean {
    if (this.#all) return true;
    const now = this.#clock.now();
    const path = pathOf(address).toLowerCase();
    for (let prefix = path; ; prefix = prefix.slice(0, Math.max(prefix.lastIndexOf("/"), 0))) {
      if ((this.#expiries.get(prefix)?.at ?? 0) > now) return true;
      if (prefix === "") return false;
    }
  }

  assertCovered(address: string): void {
    if (this.covers(address)) return;
    throw new BrokerError(
      "amqp:unauthorized-access",
      `Unauthorized access. No valid token was put on this connection for the resource '${pathOf(address)}'.`,
    );
  }

  clear(): void {
    for (const { cancel } of this.#expiries.values()) cancel();
    this.#expiries.clear();
  }
}
