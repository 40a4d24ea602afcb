import { isServiceBusError, type ServiceBusErrorCode } from "@azure/service-bus";
import type { Binding, FunctionMetadata } from "../core/function-metadata.ts";
import type { Listener, ListenerOptions, ListenerState } from "../core/listener.ts";
import type { Log } from "../log/log.ts";
import type { Settings } from "../settings/settings.ts";
import { BatchPump } from "./batch.ts";
import { type ClientLease, clientPool, requireUsable } from "./clients.ts";
import { createDispatch } from "./dispatch.ts";
import { type Pump, type PumpEvents, type PumpOptions, giveBackMs } from "./pump.ts";
import { within } from "./calls.ts";
import { reasonOf } from "./reason.ts";
import { SessionPump } from "./sessions.ts";
import { SinglePump } from "./single.ts";
import { type ServiceBusTrigger, pathOf, readTrigger } from "./trigger.ts";

/** Makes the listener of a `serviceBusTrigger`. Throws what is wrong with the binding or its connection. */
export function createListener(
  metadata: FunctionMetadata,
  binding: Binding,
  { settings, invoker, log }: ListenerOptions,
): Listener {
  const trigger = readTrigger(binding, settings);
  requireUsable(trigger.connection);
  const dispatch = createDispatch({ functionName: metadata.name, trigger, invoker, log });
  const open = (lease: ClientLease, events: PumpEvents): Pump =>
    createPump({
      client: lease.client,
      trigger,
      options: settings.hostJson.serviceBus,
      dispatch,
      events,
      log,
    });
  return new ServiceBusListener({ functionName: metadata.name, trigger, settings, log, open });
}

function createPump(options: PumpOptions): Pump {
  const { sessions, cardinality } = options.trigger;
  if (sessions) return new SessionPump(options);
  return cardinality === "many" ? new BatchPump(options) : new SinglePump(options);
}

/**
 * After so many failures in a row another client is tried: when an attempt is cut short at the wrong moment, the SDK holds on to a
 * connection on which it can never be let in again.
 */
const failuresOfOneClient = 4;

/** What the broker says of the entity or of the key, whoever asks. */
const definiteCodes: ReadonlySet<string> = new Set<ServiceBusErrorCode>([
  "MessagingEntityNotFound",
  "MessagingEntityDisabled",
  "UnauthorizedAccess",
]);

function isDefinite(error: unknown): boolean {
  return isServiceBusError(error) && definiteCodes.has(error.code);
}

/** A client and what receives through it. */
interface Line {
  readonly lease: ClientLease;
  readonly pump: Pump;
}

async function hangUp({ lease, pump }: Line, drainMs: number): Promise<void> {
  await pump.close(drainMs);
  await within(giveBackMs, lease.release());
}

interface ServiceBusListenerOptions {
  readonly functionName: string;
  readonly trigger: ServiceBusTrigger;
  readonly settings: Settings;
  readonly log: Log;
  open(lease: ClientLease, events: PumpEvents): Pump;
}

/**
 * idle → retrying: started, the broker has not answered yet. retrying → running: it sends. running → retrying: it does not, for
 * the reason in `lastError`; tried again for ever. Any of them → paused and back, as the worker goes and comes. → stopped, for good.
 */
class ServiceBusListener implements Listener {
  readonly #options: ServiceBusListenerOptions;
  #state: ListenerState = "idle";
  #lastError: string | undefined;
  #isReceiving = false;
  #failures = 0;
  #line: Line | undefined;
  readonly #hangingUp = new Set<Promise<void>>();
  #stopped: Promise<void> | undefined;

  constructor(options: ServiceBusListenerOptions) {
    this.#options = options;
  }

  get state(): ListenerState {
    return this.#state;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  async start(): Promise<void> {
    if (this.#state === "stopped") throw new Error("The listener has been stopped.");
    if (this.#state === "running" || this.#state === "retrying") return;
    this.#state = this.#isReceiving ? "running" : "retrying";
    this.#open();
  }

  pause(): void {
    if (this.#state === "stopped") return;
    this.#state = "paused";
    this.#line?.pump.suspend();
  }

  stop(drainMs: number): Promise<void> {
    this.#state = "stopped";
    this.#stopped ??= this.#stop(drainMs);
    return this.#stopped;
  }

  #open(): void {
    this.#line ??= this.#newLine();
    this.#line.pump.open();
  }

  #newLine(): Line {
    const lease = clientPool(this.#options.settings).lease(this.#options.trigger.connection);
    const line: Line = {
      lease,
      // A pump that has been replaced may still report; that is no news of the one that took its place.
      pump: this.#options.open(lease, {
        receiving: () => (this.#line === line ? this.#receiving() : undefined),
        failing: (error) => (this.#line === line ? this.#failing(error) : undefined),
      }),
    };
    return line;
  }

  async #stop(drainMs: number): Promise<void> {
    if (this.#line) await hangUp(this.#line, drainMs);
    await Promise.all(this.#hangingUp);
  }

  /** Goes on with a new client, whose connection is a new one too. */
  #replaceLine(line: Line): void {
    line.lease.retire();
    const hanging = hangUp(line, 0).finally(() => this.#hangingUp.delete(hanging));
    this.#hangingUp.add(hanging);
    this.#line = undefined;
    if (this.#state === "retrying") this.#open();
  }

  #receiving(): void {
    if (this.#state === "retrying") this.#state = "running";
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    this.#failures = 0;
    this.#lastError = undefined;
    this.#options.log("debug", `${this.#subject()} is listening.`);
  }

  #failing(error: unknown): void {
    const reason = reasonOf(error);
    const isNews = this.#isReceiving || reason !== this.#lastError;
    this.#isReceiving = false;
    this.#lastError = reason;
    if (this.#state === "running") this.#state = "retrying";
    this.#options.log(
      isNews ? "warning" : "debug",
      `${this.#subject()} cannot listen and will try again: ${reason}`,
      error,
    );
    this.#failures += 1;
    const isSpent = this.#failures % failuresOfOneClient === 0 && !isDefinite(error);
    if (isSpent && this.#line !== undefined) this.#replaceLine(this.#line);
  }

  #subject(): string {
    return `Function '${this.#options.functionName}' on '${pathOf(this.#options.trigger.entity)}'`;
  }
}
