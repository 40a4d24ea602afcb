import type { Forwarding, Nudge } from "./forwarding.ts";
import type { PresenceLog } from "./log.ts";

/** A message that is longer than this is not carried by its nudge: the owner reads it from the table. */
const maxCarriedChars = 16_384;
/** A message on the bus may have 256 KB. */
const maxBatchChars = 150_000;

export interface ForwarderParts {
  send: (instance: string, forwarding: Forwarding) => Promise<void>;
  log: PresenceLog;
}

/** Forwards nudges to the instances that hold the recipients: one send for all that wait for one instance while a send is in flight. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #waiting = new Map<string, Nudge[]>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: ForwarderParts) {
    this.#parts = parts;
  }

  /** Returns at once; a nudge that is lost is found missing by the recipient's stream within seconds. */
  forward(instance: string, nudge: Nudge, hops: number): void {
    const waiting = this.#waiting.get(instance) ?? [];
    this.#waiting.set(instance, waiting);
    waiting.push(withoutLarge(nudge));
    if (this.#running.has(instance)) return;
    this.#running.set(
      instance,
      this.#run(instance, hops).finally(() => this.#running.delete(instance)),
    );
  }

  /** Settles when nothing is waiting or in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(instance: string, hops: number): Promise<void> {
    // What comes in the same turn of the event loop goes together.
    await Promise.resolve();
    for (let nudges = this.#take(instance); nudges.length > 0; nudges = this.#take(instance)) {
      try {
        await this.#parts.send(instance, { type: "messages", nudges, hops });
      } catch (error) {
        this.#parts.log.unforwarded(instance, nudges.length, error);
      }
    }
  }

  #take(instance: string): Nudge[] {
    const waiting = this.#waiting.get(instance) ?? [];
    let chars = 0;
    const count = waiting.findIndex((nudge, index) => {
      chars += JSON.stringify(nudge).length;
      return index > 0 && chars > maxBatchChars;
    });
    const taken = waiting.splice(0, count === -1 ? waiting.length : count);
    if (waiting.length === 0) this.#waiting.delete(instance);
    return taken;
  }
}

function withoutLarge(nudge: Nudge): Nudge {
  const { session, seq, message } = nudge;
  return message && JSON.stringify(message).length <= maxCarriedChars ? nudge : { session, seq };
}
