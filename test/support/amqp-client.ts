// oxlint-disable typescript/no-unsafe-type-assertion -- rhea's typings leave outcomes out, and events have none
import { once } from "node:events";
import type { EventEmitter } from "node:events";
import { parseServiceBusConnectionString } from "@azure/service-bus";
import rhea from "rhea";
import type { Connection, Delivery, EventContext } from "rhea";
import type { TestContext } from "vitest";
import { embeddedBroker } from "./bus.ts";
import type { Bus } from "./bus.ts";

/** The outcomes that a client may give a message it received, by the names of their AMQP types. */
export type Outcome = "accepted" | "rejected" | "released" | "modified";

const outcomes = rhea.message as unknown as Record<Outcome, (fields: object) => { described(): object }>;

/** The name and the secret of the key that opens a bus. */
export function keyOf(bus: Bus): { name: string; secret: string } {
  const { sharedAccessKeyName, sharedAccessKey } = parseServiceBusConnectionString(bus.connectionString);
  return { name: sharedAccessKeyName ?? "", secret: sharedAccessKey ?? "" };
}

/** An AMQP connection that authenticated with the key itself, and so needs no token; closed with the test. */
export async function plainConnection(bus: Bus, context: TestContext): Promise<Connection> {
  const { port } = embeddedBroker(bus, context, "it speaks AMQP without TLS");
  const { name, secret } = keyOf(bus);
  const connection = rhea
    .create_container()
    .connect({ host: "127.0.0.1", port, username: name, password: secret, reconnect: false });
  context.onTestFinished(() => connection.close());
  await once(connection, "connection_open");
  return connection;
}

/** What comes with the next event of that name. */
export async function nextEvent(emitter: EventEmitter, name: string): Promise<EventContext> {
  const [context] = (await once(emitter, name)) as [EventContext];
  return context;
}

/** Says what became of a message, and leaves it to the broker to settle. */
export function settle(delivery: Delivery, outcome: Outcome): void {
  delivery.update(false, outcomes[outcome]({}).described());
}

/** The outcome of a delivery as the broker told it. */
export function outcomeOf(delivery: Delivery | undefined): { kind: string; fields: unknown[] } {
  const { remote_state: state } = delivery as unknown as { remote_state: { value: unknown[] } };
  const { composite_type: kind } = state.constructor as unknown as { composite_type: string };
  return { kind, fields: state.value };
}
