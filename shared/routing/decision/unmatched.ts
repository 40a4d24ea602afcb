import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { readReceived } from "../../bus/incoming.ts";
import { entities } from "../../bus/topology.ts";
import { reasonOf } from "../../kernel/log.ts";
import { Problem } from "../../kernel/problem.ts";
import { readCarried } from "../carrier.ts";
import type { RoutedMessage } from "../routed-message.ts";

/** A kept message as it is looked at: whose it is, or why it cannot be read. */
export interface Kept {
  received: ServiceBusReceivedMessage;
  message: RoutedMessage | { fault: Problem };
}

/** Whoever looks through the queue sees so many at most; it may hold millions. */
const maxLooked = 5_000;
const peeksAtOnce = 100;

/** Does something with the queue of unmatched messages, over a connection of its own. Throws Problem `unavailable` without the broker. */
export async function atUnmatched<T>(
  connect: () => ServiceBusClient,
  act: (receiver: ServiceBusReceiver) => Promise<T>,
): Promise<T> {
  const client = connect();
  try {
    return await act(client.createReceiver(entities.routerUnmatched, { skipParsingBodyAsJson: true }));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("unavailable", `The unmatched messages cannot be read now: ${reasonOf(error)}`, {
      retryAfterSeconds: 5,
      cause: error,
    });
  } finally {
    // A connection that breaks while it closes is closed.
    await client.close().catch(() => undefined);
  }
}

/** One page of what is kept, without taking any of it; `after` is the sequence number of the last one of the page before. */
export async function pageOfUnmatched(receiver: ServiceBusReceiver, pageSize: number, after: string) {
  const kept = await peek(receiver, pageSize + 1, after);
  const page = kept.slice(0, pageSize);
  const last = page.at(-1)?.received.sequenceNumber?.toString();
  return {
    messages: page.map(viewKept),
    ...(kept.length > pageSize && last !== undefined ? { continuationToken: last } : {}),
  };
}

/** What is kept, in its order, as far as anybody looks. Nothing is taken. */
export async function* lookThrough(receiver: ServiceBusReceiver): AsyncGenerator<Kept> {
  for (let looked = 0; looked < maxLooked;) {
    // The receiver goes on from where it last peeked.
    const some = await receiver.peekMessages(peeksAtOnce);
    if (some.length === 0) return;
    looked += some.length;
    yield* some.map(read);
  }
}

/** The oldest messages that are kept, so many at most. Nothing is taken; what is none of the router's is left out. */
export async function peekUnmatched(
  connect: () => ServiceBusClient,
  limit: number,
): Promise<readonly RoutedMessage[]> {
  return await atUnmatched(connect, async (receiver) => {
    const found: RoutedMessage[] = [];
    for await (const { message } of lookThrough(receiver)) {
      if (found.length === limit) break;
      if (!("fault" in message)) found.push(message);
    }
    return found;
  });
}

export function read(received: ServiceBusReceivedMessage): Kept {
  try {
    const message = readCarried(readReceived(received));
    if (message) return { received, message };
    throw new Problem("invalid-request", "The message is none of the router's");
  } catch (error) {
    if (error instanceof Problem) return { received, message: { fault: error } };
    throw error;
  }
}

async function peek(receiver: ServiceBusReceiver, count: number, after: string): Promise<Kept[]> {
  if (after === "") return (await receiver.peekMessages(count)).map(read);
  const [first] = await receiver.peekMessages(1);
  if (!first?.sequenceNumber) return [];
  // The SDK takes sequence numbers of its own kind only; one that is there makes any other.
  const zero = first.sequenceNumber.subtract(first.sequenceNumber);
  const from = zero.add(after).add(1);
  return (await receiver.peekMessages(count, { fromSequenceNumber: from })).map(read);
}

function viewKept({ received, message }: Kept) {
  const { sequenceNumber, enqueuedTimeUtc, expiresAtUtc, contentType } = received;
  const queued = {
    sequenceNumber: sequenceNumber?.toString(),
    keptAt: enqueuedTimeUtc,
    expiresAt: expiresAtUtc,
    contentType,
    bytes: readReceived(received).body.length,
  };
  if ("fault" in message) return { ...queued, fault: message.fault.message };
  const { logicalId, table, inbound, replay } = message.pass;
  return { messageId: logicalId, table, inbound, replay, ...queued };
}
