import { setTimeout as sleep } from "node:timers/promises";
import { clients, type Carrier, type OnReceived } from "./carrier.ts";
import { sharedNowMs, stamped } from "./stamp.ts";

/** Messages that each client has under way at saturation. */
const windowPerClient = 2;
/** How long messages that are under way at the end of a measurement may still take; then they count as lost. */
const lastMs = 10_000;

/** What a measurement has shown. */
export interface Measured {
  /** Messages a second that arrived. */
  perSecond: number;
  /** How long each took that arrived. */
  tookMs: number[];
  /** Messages that the carrier refused, and those that it took and that never came. */
  refused: number;
  lost: number;
}

/** The messages that are under way. */
export class Arrivals {
  readonly #waiting = new Map<number, (tookMs: number) => void>();
  #lastId = 0;

  readonly onReceived: OnReceived = (id, tookMs) => {
    this.#waiting.get(id)?.(tookMs);
    this.#waiting.delete(id);
  };

  /** The number of a new message, and what settles with how long it took. */
  next(): { id: number; arrived: Promise<number> } {
    const id = (this.#lastId += 1);
    return { id, arrived: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  forget(): void {
    this.#waiting.clear();
  }
}

/** One measurement of one carrier. */
class Measurement {
  readonly #carrier: Carrier;
  readonly #arrivals: Arrivals;
  readonly #tookMs: number[] = [];
  readonly #beganMs = sharedNowMs();
  #inTime = 0;
  #sent = 0;
  #refused = 0;

  constructor(carrier: Carrier, arrivals: Arrivals) {
    this.#carrier = carrier;
    this.#arrivals = arrivals;
  }

  get elapsedMs(): number {
    return sharedNowMs() - this.#beganMs;
  }

  /** Sends one message; settles when it has come or was refused. */
  async sendOne(client: number, forMs: number): Promise<void> {
    const { id, arrived } = this.#arrivals.next();
    this.#sent += 1;
    try {
      await this.#carrier.send(client, stamped({ id, sentAtMs: sharedNowMs() }));
    } catch {
      this.#refused += 1;
      return;
    }
    this.#tookMs.push(await arrived);
    if (this.elapsedMs <= forMs) this.#inTime += 1;
  }

  /** Waits for what is under way, but not for ever. */
  async end(forMs: number, underWay: Iterable<Promise<void>>): Promise<Measured> {
    await Promise.race([Promise.all(underWay), sleep(lastMs, undefined, { ref: false })]);
    this.#arrivals.forget();
    const lost = this.#sent - this.#refused - this.#tookMs.length;
    return {
      perSecond: this.#inTime / (forMs / 1_000),
      tookMs: this.#tookMs,
      refused: this.#refused,
      lost,
    };
  }
}

/** As much as goes through: each client sends its next message when one of its last has come. */
export async function saturate(carrier: Carrier, arrivals: Arrivals, forMs: number): Promise<Measured> {
  const measurement = new Measurement(carrier, arrivals);
  const keepSending = async (client: number): Promise<void> => {
    while (measurement.elapsedMs < forMs) await measurement.sendOne(client, forMs);
  };
  const senders = Array.from({ length: clients * windowPerClient }, (_, index) =>
    keepSending(index % clients),
  );
  return await measurement.end(forMs, senders);
}

/** So many messages a second, whether or not the last ones have come: at moments that chance chooses, as independent clients do. */
export async function pace(
  carrier: Carrier,
  arrivals: Arrivals,
  { perSecond, forMs }: { perSecond: number; forMs: number },
): Promise<Measured> {
  const measurement = new Measurement(carrier, arrivals);
  const underWay: Promise<void>[] = [];
  let dueMs = 0;
  while (dueMs < forMs) {
    const waitMs = dueMs - measurement.elapsedMs;
    if (waitMs > 0) await sleep(waitMs);
    underWay.push(measurement.sendOne(underWay.length % clients, forMs));
    dueMs += -Math.log(1 - Math.random()) * (1_000 / perSecond);
  }
  return await measurement.end(forMs, underWay);
}
