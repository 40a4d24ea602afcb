import { giveBack, isPassing } from "../../bus/give-back.ts";
import type { Incoming } from "../../bus/incoming.ts";
import type { BusLog } from "../../bus/log.ts";
import type { Outbox } from "../../bus/outbox.ts";
import { entities } from "../../bus/topology.ts";
import { withJitter, type Clock } from "../../kernel/clock.ts";
import type { FaultPoints } from "../../kernel/fault-points.ts";
import { Problem } from "../../kernel/problem.ts";
import { carryMessage, readCarried } from "../carrier.ts";
import type { RoutedMessage } from "../routed-message.ts";
import type { ServedTable, ServedTables } from "../served-table.ts";
import { enterOverQueue, queuedIdOf, toMessage, type InboxName } from "./enter.ts";
import type { DecisionLog } from "./log.ts";
import { sendReply } from "./reply.ts";
import { answerWithinMs, type Router } from "./router.ts";

/** Between two tries of an ordered message, and how long it is tried in all; what was begun then has ended before the session's lock does. */
const firstPauseMs = 250;
const maxPauseMs = 15_000;
const patienceMs = 240_000;
/** A session's lock is renewed for five minutes. */
const heldMs = 290_000;

export interface InboxParts {
  router: Router;
  tables: ServedTables;
  outbox: Outbox;
  clock: Clock;
  faults: FaultPoints;
  log: DecisionLog;
  busLog: BusLog;
}

/** A message, and the table that routes it. */
interface Read {
  message: RoutedMessage;
  served: ServedTable;
}

/**
 * Messages of the inboxes. When a call returns, all that the message calls for is on other queues, and its trigger completes it. What can never
 * work goes to `rejected`. What failed for now
 * - comes again as a scheduled copy, under the same logical id;
 * - in order, is tried again here and now, while those behind it wait: a copy would come behind them.
 */
export class Inbox {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** Handles a message of `router-inbox`. Throws when it failed too often: the broker dead-letters it in the end. */
  async take(incoming: Incoming): Promise<void> {
    const queue = entities.routerInbox;
    let read: Read | undefined;
    try {
      read = await this.#read(incoming, queue);
      await this.#route(read, answerWithinMs);
    } catch (error) {
      await this.#giveBack(queue, asComingAgain(incoming, queue, read?.message), error);
    }
  }

  /** Handles a message of `router-inbox-ordered`. Throws when it could not be routed in minutes: the broker brings it again, in its place. */
  async takeOrdered(incoming: Incoming): Promise<void> {
    const queue = entities.routerInboxOrdered;
    const { clock, log } = this.#parts;
    const startMs = clock.monotonicMs();
    for (let tries = 1; ; tries += 1) {
      try {
        const leftMs = heldMs - (clock.monotonicMs() - startMs);
        return await this.#route(await this.#read(incoming, queue), Math.min(answerWithinMs, leftMs));
      } catch (error) {
        if (error instanceof Problem && !isPassing(error))
          return await this.#giveBack(queue, asComingAgain(incoming, queue), error);
        const pauseMs = withJitter(Math.min(maxPauseMs, firstPauseMs * 2 ** (tries - 1)));
        if (clock.monotonicMs() + pauseMs > startMs + patienceMs) throw error;
        log.heldUp(incoming.messageId, tries, error);
        await clock.delay(pauseMs);
      }
    }
  }

  async #read(incoming: Incoming, queue: InboxName): Promise<Read> {
    const { tables } = this.#parts;
    const carried = readCarried(incoming);
    if (carried) return { message: carried, served: await tables.serving(carried.pass.table) };
    const entering = enterOverQueue(incoming, queue);
    const served = await tables.serving(entering.table);
    return { message: toMessage(entering, served), served };
  }

  async #route({ message, served }: Read, withinMs: number): Promise<void> {
    const { router, outbox, faults } = this.#parts;
    const routed = await router.route(message, served, { withinMs, isQueued: true });
    if (routed.kind === "answered") await sendReply(outbox, message.pass, routed);
    await faults.reach("route-completed");
  }

  async #giveBack(queue: InboxName, message: Incoming, error: unknown): Promise<void> {
    const { outbox, busLog } = this.#parts;
    await giveBack({ outbox, log: busLog }, queue, message, error);
  }
}

/** The message as its copy is to be: with what stands for it, however often it is sent again. */
function asComingAgain(incoming: Incoming, queue: InboxName, message?: RoutedMessage): Incoming {
  return {
    ...incoming,
    messageId: idOrNone(incoming, queue),
    // The copy has another MessageId, and whoever asked knows the first.
    correlationId: incoming.correlationId ?? (incoming.replyTo ? incoming.messageId : undefined),
    applicationProperties: {
      ...incoming.applicationProperties,
      ...(message ? propertiesOf(message) : {}),
    },
  };
}

function idOrNone(incoming: Incoming, queue: InboxName): string {
  try {
    return queuedIdOf(incoming, queue);
  } catch {
    // That is what was wrong with it; it goes to `rejected`.
    return "";
  }
}

function propertiesOf(message: RoutedMessage): Incoming["applicationProperties"] {
  // Its inbound endpoint is not known yet; another table may know.
  if (message.pass.inbound === message.pass.address) return {};
  try {
    return carryMessage(message).applicationProperties;
  } catch {
    // Too large to be carried: it goes to `rejected` for that, as it came.
    return {};
  }
}
