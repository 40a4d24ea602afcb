import type { ServiceBusClient } from "@azure/service-bus";
import type { Log } from "../log/log.ts";
import type { ServiceBusOptions } from "../settings/service-bus-options.ts";
import type { Dispatch } from "./dispatch.ts";
import type { ServiceBusTrigger } from "./trigger.ts";

/** Brings messages of one entity to one function. */
export interface Pump {
  /** Begins to take messages, or goes on after `suspend`. */
  open(): void;
  /** Takes nothing new. What has arrived and not been handed over waits for `open`, unless the pump is closed. */
  suspend(): void;
  /** Takes nothing new, waits at most `drainMs` for calls under way, gives back what is left, closes. Never rejects. */
  close(drainMs: number): Promise<void>;
}

/** What a pump reports of itself. */
export interface PumpEvents {
  /** The broker sends, or would if there were messages. */
  receiving(): void;
  /** The broker does not send; the pump keeps trying. */
  failing(error: unknown): void;
}

/** What a pump is made from. */
export interface PumpOptions {
  readonly client: ServiceBusClient;
  readonly trigger: ServiceBusTrigger;
  readonly options: ServiceBusOptions;
  readonly dispatch: Dispatch;
  readonly events: PumpEvents;
  readonly log: Log;
}

/** How long giving messages back may take when a pump closes; after that their locks have to expire. */
export const giveBackMs = 2_000;
