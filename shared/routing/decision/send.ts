import type { ServiceBusMessage } from "@azure/service-bus";
import type { Outbox } from "../../bus/outbox.ts";
import { entities, type EntityName } from "../../bus/topology.ts";
import type { FaultPoints } from "../../kernel/fault-points.ts";
import { carryBranch, carryMessage } from "../carrier.ts";
import { firstCopy, type RoutedMessage } from "../routed-message.ts";
import type { Undated } from "./decision.ts";
import { outboxSessionOf } from "./identity.ts";

/** Branches of one message that are sent at once. */
const sendsAtOnce = 16;

/** A message that a decision calls for, ready to be sent. */
interface Outgoing {
  entity: EntityName;
  properties: Omit<ServiceBusMessage, "body">;
}

/** Puts what a decision calls for on the queues. Whoever does it again sends the same, with the same MessageIds. */
export class Sending {
  readonly #outbox: Pick<Outbox, "sendRaw">;
  readonly #faults: FaultPoints;

  constructor(outbox: Pick<Outbox, "sendRaw">, faults: FaultPoints) {
    this.#outbox = outbox;
    this.#faults = faults;
  }

  /** One message for each branch; when this returns the broker has them all. Costs one operation for each. Throws BusError. */
  async branches(message: RoutedMessage, decision: Undated): Promise<void> {
    const outgoing = branchMessages(message, decision);
    for (let from = 0; from < outgoing.length; from += sendsAtOnce) {
      await Promise.all(
        outgoing.slice(from, from + sendsAtOnce).map(async ({ entity, properties }) => {
          await this.#outbox.sendRaw(entity, message.body, properties);
          await this.#faults.reach("route-branch-sent");
        }),
      );
    }
  }

  /** Keeps a message that nothing matched, as long as its queue keeps messages or for so long. Costs one operation. Throws BusError. */
  async unmatched(message: RoutedMessage, keptMs?: number): Promise<void> {
    const { logicalId, replay } = message.pass;
    const messageId = `${logicalId}:${replay}:unmatched`;
    await this.#outbox.sendRaw(entities.routerUnmatched, message.body, {
      ...carryMessage(message),
      messageId,
      ...(keptMs === undefined ? {} : { timeToLive: keptMs }),
    });
    await this.#faults.reach("route-kept");
  }

  /** Puts a message on the inbox, in its order if it has one. Costs one operation. Throws BusError. */
  async inbox(message: RoutedMessage, messageId: string): Promise<void> {
    const { orderingKey } = message.pass;
    const entity = orderingKey === undefined ? entities.routerInbox : entities.routerInboxOrdered;
    await this.#outbox.sendRaw(entity, message.body, {
      ...carryMessage(message),
      messageId,
      ...(orderingKey === undefined ? {} : { sessionId: orderingKey }),
    });
  }
}

/** Throws Problem `payload-too-large` when a message would not fit on its queue: better before it is decided than ever after. */
export function refuseUnsendable(message: RoutedMessage, decision: Undated): void {
  if (decision.exchange === "request-reply") return;
  if (decision.outcome === "no-match") carryMessage(message);
  else branchMessages(message, decision);
}

function branchMessages(message: RoutedMessage, { version, branches }: Undated): Outgoing[] {
  const { orderingKey } = message.pass;
  return branches.map((branch) => {
    const properties = {
      ...carryBranch({ message, version, branch, copy: firstCopy }),
      messageId: `${branch.id}:${firstCopy.number}`,
    };
    return orderingKey === undefined
      ? { entity: entities.routerOutbox, properties }
      : {
          entity: entities.routerOutboxOrdered,
          properties: { ...properties, sessionId: outboxSessionOf(orderingKey, branch.endpoint) },
        };
  });
}
