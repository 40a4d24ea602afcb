import type { ServiceBusSender } from "@azure/service-bus";
import { z } from "zod";
import type { Binding } from "../core/function-metadata.ts";
import type { OutputWriter, OutputWriterOptions } from "../core/listener.ts";
import type { TypedData } from "../core/typed-data.ts";
import { messageOf } from "../log/log.ts";
import { type ClientLease, clientPool } from "../servicebus/clients.ts";
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
  readonly #senders = new Map<string, ServiceBusSender>();
  readonly #leases = new Map<string, ClientLease>();
  #isClosed = false;

  constructor(options: OutputWriterOptions) {
    this.#options = options;
  }

  supports(type: string): boolean {
    return type.toLowerCase() === bindingType;
  }

  async write(binding: Binding, data: TypedData): Promise<void> {
    if (this.#isClosed) throw new OutputError("The host is stopping and sends no more.");
    const texts = textsOf(data);
    if (texts.length === 0) return;
    const sender = this.#sender(binding);
    // One by one, as the platform does: each message may be as large as the broker takes.
    for (const text of texts) await sender.sendMessages({ body: Buffer.from(text, "utf8"), contentType });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const senders = [...this.#senders.values()];
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
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      sender = this.#lease(connectionName).client.createSender(entity);
      this.#senders.set(key, sender);
    }
    return sender;
  }

  #lease(connectionName: string): ClientLease {
    const { settings } = this.#options;
    let lease = this.#leases.get(connectionName);
    if (lease === undefined) {
      lease = clientPool(settings).lease(settings.connection(connectionName));
      this.#leases.set(connectionName, lease);
    }
    return lease;
  }
}

function readOutput(binding: Binding, settings: Settings): { entity: string; connectionName: string } {
  const { queueName, topicName, connection = "" } = outputSchema.parse(binding);
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
