import type { ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";

/** How long a test looks at an entity before it believes that nothing comes. */
const EMPTY_AFTER_MS = 250;

/** The next message; fails when none comes. */
export async function one(
  receiver: ServiceBusReceiver,
  { withinMs = 10_000 } = {},
): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: withinMs });
  if (message === undefined)
    throw new Error(`no message came from ${receiver.entityPath} within ${withinMs} ms`);
  return message;
}

/** So many messages, however many calls that takes; fails when fewer come. Settles nothing. */
export async function take(
  receiver: ServiceBusReceiver,
  count: number,
  { withinMs = 15_000 } = {},
): Promise<ServiceBusReceivedMessage[]> {
  const deadline = Date.now() + withinMs;
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) throw new Error(`${taken.length} of ${count} messages came from ${receiver.entityPath}`);
    taken.push(...(await receiver.receiveMessages(count - taken.length, { maxWaitTimeInMs: leftMs })));
  }
  return taken;
}

/** What comes in a short while from an entity that should have nothing to give. */
export function whatever(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage[]> {
  return receiver.receiveMessages(10, { maxWaitTimeInMs: EMPTY_AFTER_MS });
}

/** The bodies of messages, which is what most tests compare. */
export function bodies(messages: readonly ServiceBusReceivedMessage[]): unknown[] {
  return messages.map((message): unknown => message.body);
}

/** The bodies of messages that are numbers, in the order of the numbers: for messages that may come in any order. */
export function sortedNumbers(messages: readonly ServiceBusReceivedMessage[]): number[] {
  return messages.map((message) => Number(message.body)).toSorted((a, b) => a - b);
}

/** The body of each message and how often it was delivered before. */
export function deliveries(
  messages: readonly ServiceBusReceivedMessage[],
): [body: unknown, count: number | undefined][] {
  return messages.map((message) => [message.body, message.deliveryCount]);
}

/** So many messages numbered from 0, each with that number as its body. */
export function numbered(
  count: number,
  extra: Partial<ServiceBusMessage> = {},
): (ServiceBusMessage & { body: number })[] {
  return Array.from({ length: count }, (_, body) => ({ ...extra, body }));
}
