import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { within } from "./calls.ts";
import { Gate } from "./gate.ts";
import { type Pump, type PumpOptions, giveBackMs } from "./pump.ts";
import { receiveWhileOpen } from "./receive-loop.ts";
import { openReceiver, takeMessages } from "./subscription.ts";

/** Messages that arrive within this time of one another go in one call. */
export const gatherMs = 20;

/**
 * Many messages a call, one call at a time, from an entity without sessions. Nothing is taken while a call runs, and locks are
 * not renewed, as in Azure.
 */
export class BatchPump implements Pump {
  readonly #options: PumpOptions;
  readonly #receiver: ServiceBusReceiver;
  readonly #gate = new Gate();
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  #batch: ServiceBusReceivedMessage[] = [];
  #loop: Promise<void> | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#receiver = openReceiver(options.client, options.trigger.entity);
  }

  open(): void {
    this.#gate.open();
    this.#loop ??= this.#run();
  }

  suspend(): void {
    this.#gate.shut();
  }

  async close(drainMs: number): Promise<void> {
    this.#gate.end();
    this.#stopping.abort();
    const end = Date.now() + drainMs;
    if (this.#loop) {
      await within(Math.min(giveBackMs, drainMs), this.#loop);
      this.#hurry.abort();
      await within(end - Date.now(), this.#loop);
    }
    await within(giveBackMs, this.#giveBack());
    await within(giveBackMs, this.#receiver.close());
  }

  async #run(): Promise<void> {
    const { options, events, dispatch } = this.#options;
    await receiveWhileOpen(this.#gate, options.retry, events, async (onReceiving) => {
      try {
        await this.#gather(onReceiving);
      } finally {
        // Also what came before the link broke: its locks outlive the link.
        if (this.#batch.length > 0) {
          if (await this.#gate.pass()) await dispatch(this.#batch, this.#receiver, this.#stopping.signal);
          else await this.#giveBack();
          this.#batch = [];
        }
      }
    });
  }

  async #gather(onReceiving: () => void): Promise<void> {
    const batch: ServiceBusReceivedMessage[] = [];
    this.#batch = batch;
    const arrivals = new Arrivals();
    await takeMessages(this.#receiver, {
      credit: this.#options.options.maxMessageBatchSize,
      onMessage: async (message) => {
        batch.push(message);
        arrivals.notice();
        // Holds the credit: the batch has as many places as were asked for.
        await new Promise<never>(() => undefined);
      },
      onReceiving,
      until: this.#whenGathered(batch, arrivals),
      hurry: this.#hurry.signal,
    });
  }

  async #whenGathered(batch: readonly unknown[], arrivals: Arrivals): Promise<void> {
    const { maxMessageBatchSize, minMessageBatchSize, maxBatchWaitTimeMs } = this.#options.options;
    const closed = this.#gate.closed();
    await Promise.race([arrivals.next(), closed]);
    const deadline = Date.now() + maxBatchWaitTimeMs;
    const enough = Date.now() + gatherMs;
    while (this.#gate.isOpen && batch.length < maxMessageBatchSize) {
      const end = batch.length < minMessageBatchSize ? deadline : Math.min(enough, deadline);
      const left = end - Date.now();
      if (left <= 0) return;
      await within(left, Promise.race([arrivals.next(), closed]));
    }
  }

  async #giveBack(): Promise<void> {
    // A failure to give back is no matter: the locks expire.
    await Promise.allSettled(this.#batch.map((message) => this.#receiver.abandonMessage(message)));
  }
}

/** Tells who waits that a message has come. */
class Arrivals {
  #tell: (() => void)[] = [];

  notice(): void {
    for (const tell of this.#tell.splice(0)) tell();
  }

  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#tell.push(resolve));
  }
}
