import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { Calls, within } from "./calls.ts";
import { Gate } from "./gate.ts";
import { receiveWhileOpen } from "./receive-loop.ts";
import { renewLock } from "./lock-renewal.ts";
import { type Pump, type PumpOptions, giveBackMs } from "./pump.ts";
import { Slots } from "./slots.ts";
import { openReceiver, takeMessages } from "./subscription.ts";

/**
 * A message a call, many calls at a time, from an entity without sessions. Locks are renewed while a call runs. A message that
 * arrives while there is no worker keeps its lock and waits, so that it does not count as delivered.
 */
export class SinglePump implements Pump {
  readonly #options: PumpOptions;
  readonly #receiver: ServiceBusReceiver;
  readonly #gate = new Gate();
  readonly #calls = new Calls();
  readonly #slots: Slots;
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  readonly #unsettled = new Set<ServiceBusReceivedMessage>();
  #loop: Promise<void> | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#receiver = openReceiver(options.client, options.trigger.entity);
    this.#slots = new Slots(options.options.maxConcurrentCalls);
  }

  open(): void {
    this.#gate.open();
    this.#loop ??= this.#run();
  }

  suspend(): void {
    this.#gate.shut();
  }

  async close(drainMs: number): Promise<void> {
    const end = Date.now() + drainMs;
    this.#gate.end();
    this.#stopping.abort();
    // What is given back while the broker still sends would come straight back here.
    if (this.#loop) await within(giveBackMs, this.#loop);
    this.#hurry.abort();
    if (!(await this.#calls.over(end - Date.now()))) {
      const given = [...this.#unsettled].map((message) => this.#receiver.abandonMessage(message));
      await within(giveBackMs, Promise.allSettled(given));
    }
    await within(giveBackMs, this.#receiver.close());
  }

  async #run(): Promise<void> {
    const { options, events } = this.#options;
    await receiveWhileOpen(this.#gate, options.retry, events, (onReceiving) =>
      takeMessages(this.#receiver, {
        credit: options.maxConcurrentCalls + options.prefetchCount,
        onMessage: (message) => this.#calls.add(this.#handle(message)),
        onReceiving,
        until: this.#gate.closed(),
        hurry: this.#hurry.signal,
      }),
    );
  }

  async #handle(message: ServiceBusReceivedMessage): Promise<void> {
    const { dispatch, options, log } = this.#options;
    this.#unsettled.add(message);
    await this.#slots.acquire();
    const stopRenewing = renewLock(this.#receiver, message, {
      limitMs: options.maxAutoLockRenewalDurationMs,
      log,
    });
    try {
      if (await this.#gate.pass()) await dispatch([message], this.#receiver, this.#stopping.signal);
      // A failure to give back is no matter: the lock expires.
      else await this.#receiver.abandonMessage(message).catch(() => undefined);
    } finally {
      stopRenewing();
      this.#slots.release();
      this.#unsettled.delete(message);
    }
  }
}
