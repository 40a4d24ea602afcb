import type { ServiceBusSender } from "@azure/service-bus";
import { z } from "zod";
import type { Binding } from "../core/function-metadata.ts";
import type { OutputWriter, OutputWriterOptions } from "../core/listener.ts";
import type { TypedData } from "../core/typed-data.ts";
import { messageOf } from "../log/log.ts";
import { type ClientLease, clientPool, requireUsable } from "../servicebus/clients.ts";
import type { Settings } from "../settings/settings.ts";
import { OutputError, textsOf } from "./output-text.ts";

const bindingType = "servicebus";
const contentType = "text/plain";

const outputSchema = z.object({
  queueName: z.string().optional(),
  topicName: z.string().optional(),
  connection: z.string().optional(),
});

/** Makes the writer of a host's output bindings: it sends what functions leave for Service Bus outputs. */
export function createOutputWriter(options: OutputWriterOptions): OutputWriter {
  return new ServiceBusOutputWriter(options);
}

/** Holds a sender for each entity that was written to, on the connections that the host's listeners use too. */
class ServiceBusOutputWriter implements OutputWriter {
  readonly #options: OutputWriterOptions;
  readonly #senders = new Map<string, { readonly sender: ServiceBusSender; readonly lease: ClientLease }>();
  readonly #leases = new Map<string, ClientLease>();
  readonly #writing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: OutputWriterOptions) {
    this.#options = options;
  }

  problemWith(binding: Binding): string | undefined {
    if (binding.type.toLowerCase() !== bindingType) {
      return `the output binding type '${binding.type}' is not supported by the local host`;
    }
    try {
      const { settings } = this.#options;
      requireUsable(settings.connection(readOutput(binding, settings).connectionName));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  async write(binding: Binding, data: TypedData): Promise<void> {
    if (this.#isClosed) throw new OutputError("The host is stopping and sends no more.");
    const texts = textsOf(data);
    if (texts.length === 0) return;
    const writing = sendAll(this.#sender(binding), texts).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    await writing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const senders = [...this.#senders.values()].map(({ sender }) => sender);
    const leases = [...this.#leases.values()];
    this.#senders.clear();
    this.#leases.clear();
    const closed = [
      ...(await Promise.allSettled(senders.map((sender) => sender.close()))),
      ...(await Promise.allSettled(leases.map((lease) => lease.release()))),
    ];
    for (const outcome of closed) {
      if (outcome.status === "rejected") {
        this.#options.log(
          "debug",
          `An output's connection closed with an error: ${messageOf(outcome.reason)}`,
        );
      }
    }
  }

  #sender(binding: Binding): ServiceBusSender {
    const { settings } = this.#options;
    const { entity, connectionName } = readOutput(binding, settings);
    const key = JSON.stringify([connectionName, entity]);
    const lease = this.#lease(connectionName);
    const known = this.#senders.get(key);
    if (known?.lease === lease) return known.sender;
    const sender = lease.client.createSender(entity);
    this.#senders.set(key, { sender, lease });
    return sender;
  }

  #lease(connectionName: string): ClientLease {
    const held = this.#leases.get(connectionName);
    if (held?.isCurrent === true) return held;
    const { settings } = this.#options;
    const lease = clientPool(settings).lease(settings.connection(connectionName));
    this.#leases.set(connectionName, lease);
    // A listener found the client of no more use. What is being written may still succeed.
    if (held !== undefined) void this.#releaseLater(held);
    return lease;
  }

  async #releaseLater(lease: ClientLease): Promise<void> {
    await Promise.allSettled(this.#writing);
    // A connection that is no good may fail to close.
    await lease.release().catch(() => undefined);
  }
}

async function sendAll(sender: ServiceBusSender, texts: readonly string[]): Promise<void> {
  // One by one, as the platform does: each message may be as large as the broker takes.
  for (const text of texts) await sender.sendMessages({ body: Buffer.from(text, "utf8"), contentType });
}

function readOutput(binding: Binding, settings: Settings): { entity: string; connectionName: string } {
  const parsed = outputSchema.safeParse(binding);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new OutputError(
      `Service Bus output '${binding.name}': ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not usable"}.`,
    );
  }
  const { queueName, topicName, connection = "" } = parsed.data;
  const entity = settings.resolve(queueName ?? topicName ?? "");
  if (entity === "")
    throw new OutputError(`Service Bus output '${binding.name}': give queueName or topicName.`);
  if (entity.includes("{")) {
    throw new OutputError(
      `Service Bus output '${binding.name}': '${entity}' holds a binding expression, which this host does not support.`,
    );
  }
  return { entity, connectionName: settings.resolve(connection) };
}
