import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import type { z } from "zod";
import { giveBack } from "../../shared/bus/give-back.ts";
import { readReceived, type Incoming } from "../../shared/bus/incoming.ts";
import type { Outbox } from "../../shared/bus/outbox.ts";
import type { BusLog } from "../../shared/bus/log.ts";
import { reject } from "../../shared/bus/reject.ts";
import type { EntityName } from "../../shared/bus/topology.ts";
import type { InFlight } from "../../shared/fleet/in-flight.ts";
import { reasonOf } from "../../shared/kernel/log.ts";
import { parseJson } from "../../shared/kernel/parse.ts";
import { Problem } from "../../shared/kernel/problem.ts";
import { isNotFound, type OwnEntities, type Source } from "./own-entities.ts";

export interface InboxParts {
  own: OwnEntities;
  outbox: Outbox;
  log: BusLog;
  inFlight: InFlight;
  /** Another process has taken this one's place: what comes is for that one. */
  isPassive: () => boolean;
  /** A receiver does not work; it goes on trying. */
  onTrouble: (source: string, reason: string) => void;
}

/** What is done with the messages of one source. */
export interface Handling<T> {
  entity: EntityName;
  schema: z.ZodType<T>;
  act: (value: T) => Promise<void>;
  /** Whether what failed for now comes again as a copy; on a topic the copy would go to everybody. */
  comesAgain: boolean;
}

/**
 * What an instance is told, received by the process itself. As at the doors of a function app: each message is parsed once; what can never
 * work goes to `rejected`; what failed for now comes again later. What comes to a process that was taken over goes back to the queue.
 * The SDK attaches again after a break by itself; when the entity is gone, that attempt makes it again.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #receivers: ServiceBusReceiver[] = [];
  readonly #handled = new Set<Promise<void>>();

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  open<T>(source: Source, handling: Handling<T>): void {
    const { own, onTrouble } = this.#parts;
    const receiver = own.receiver(source);
    this.#receivers.push(receiver);
    const subscription = receiver.subscribe({
      processMessage: async (message) => {
        if (this.#parts.isPassive()) {
          void subscription.close();
          throw new Error("Another process has taken this instance's place");
        }
        await this.#handle(handling, message);
      },
      processError: async ({ error, entityPath }) => {
        onTrouble(entityPath, reasonOf(error));
        if (isNotFound(error))
          await own.ensure().catch((cause: unknown) => onTrouble(entityPath, reasonOf(cause)));
      },
    });
  }

  /** Takes nothing new, and settles when everything taken has been handled. */
  async close(): Promise<void> {
    await Promise.all(this.#handled);
    await Promise.all(this.#receivers.splice(0).map((receiver) => receiver.close()));
    await Promise.all(this.#handled);
  }

  async #handle<T>(handling: Handling<T>, received: ServiceBusReceivedMessage): Promise<void> {
    const leave = this.#parts.inFlight.enter();
    const handled = this.#act(handling, readReceived(received)).finally(leave);
    const isOver = handled.catch(() => undefined);
    this.#handled.add(isOver);
    try {
      await handled;
    } finally {
      this.#handled.delete(isOver);
    }
  }

  async #act<T>({ entity, schema, act, comesAgain }: Handling<T>, message: Incoming): Promise<void> {
    const { outbox, log } = this.#parts;
    try {
      await act(parseJson(schema, message.body.toString("utf8"), "message"));
    } catch (error) {
      if (comesAgain) await giveBack({ outbox, log }, entity, message, error);
      else if (error instanceof Problem) await reject(outbox, entity, message, error);
      else throw error;
    }
  }
}
