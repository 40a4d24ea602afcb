import { parseServiceBusConnectionString } from "@azure/service-bus";
import type { Binding, FunctionMetadata } from "../core/function-metadata.ts";
import type { Listener, ListenerOptions, ListenerState } from "../core/listener.ts";
import { type Log, messageOf } from "../log/log.ts";
import { SettingsError } from "../settings/settings-error.ts";
import type { Settings } from "../settings/settings.ts";
import { BatchPump } from "./batch.ts";
import { type ClientLease, clientPool } from "./clients.ts";
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
  requireUsableConnection(trigger);
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

function requireUsableConnection({ connection }: ServiceBusTrigger): void {
  if (connection.kind !== "string") return;
  try {
    parseServiceBusConnectionString(connection.connectionString);
  } catch (error) {
    throw new SettingsError(`The Service Bus connection string is malformed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function createPump(options: PumpOptions): Pump {
  const { sessions, cardinality } = options.trigger;
  if (sessions) return new SessionPump(options);
  return cardinality === "many" ? new BatchPump(options) : new SinglePump(options);
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
  #lease: ClientLease | undefined;
  #pump: Pump | undefined;
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
    this.#lease ??= clientPool(this.#options.settings).lease(this.#options.trigger.connection);
    this.#pump ??= this.#options.open(this.#lease, {
      receiving: () => this.#receiving(),
      failing: (error) => this.#failing(error),
    });
    this.#state = this.#isReceiving ? "running" : "retrying";
    this.#pump.open();
  }

  pause(): void {
    if (this.#state === "stopped") return;
    this.#state = "paused";
    this.#pump?.suspend();
  }

  stop(drainMs: number): Promise<void> {
    this.#state = "stopped";
    this.#stopped ??= this.#stop(drainMs);
    return this.#stopped;
  }

  async #stop(drainMs: number): Promise<void> {
    await this.#pump?.close(drainMs);
    if (this.#lease) await within(giveBackMs, this.#lease.release());
  }

  #receiving(): void {
    if (this.#state === "retrying") this.#state = "running";
    if (this.#isReceiving) return;
    this.#isReceiving = true;
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
  }

  #subject(): string {
    return `Function '${this.#options.functionName}' on '${pathOf(this.#options.trigger.entity)}'`;
  }
}
