import { decode, encode } from "@msgpack/msgpack";
import type {
  ServiceBusAdministrationClient,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusSender,
} from "@azure/service-bus";
import { randomBytes } from "node:crypto";
import type { Namespace } from "socket.io";
import {
  ClusterAdapterWithHeartbeat,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type ServerId,
} from "socket.io-adapter";

const topic = "socket.io";

/**
 * An adapter for socket.io over a Service Bus topic, for a comparison where the published one cannot be installed. Built on the same base class
 * and used in the same way: one topic, a subscription for each server, one send for each packet, one message received at a time.
 */
export async function serviceBusAdapter(bus: ServiceBusClient, admin: ServiceBusAdministrationClient) {
  const subscription = `socket.io-${randomBytes(8).toString("hex")}`;
  // The other server may have made it in the meantime.
  if (!(await admin.topicExists(topic))) await admin.createTopic(topic).catch(() => undefined);
  await admin.createSubscription(topic, subscription);
  const sender = bus.createSender(topic);
  const receiver = bus.createReceiver(topic, subscription);
  // socket.io calls it with `new`, which an arrow function does not allow.
  return function makeAdapter(namespace: Namespace): TopicAdapter {
    const adapter = new TopicAdapter(namespace, sender);
    receiver.subscribe({
      processMessage: async (message) => adapter.take(message),
      processError: async ({ error }) => console.error(error),
    });
    return adapter;
  };
}

class TopicAdapter extends ClusterAdapterWithHeartbeat {
  readonly #sender: ServiceBusSender;

  constructor(namespace: Namespace, sender: ServiceBusSender) {
    super(namespace, {});
    this.#sender = sender;
  }

  take({ applicationProperties = {}, body }: ServiceBusReceivedMessage): void {
    const { uid, requester } = applicationProperties;
    if (uid === this.uid || (requester !== undefined && requester !== this.uid)) return;
    const content = decode(body);
    if (!isOurs(content)) throw new Error("Not a message of these servers");
    if (requester === undefined) this.onMessage(content);
    else this.onResponse(content);
  }

  protected override async doPublish(message: ClusterMessage): Promise<Offset> {
    await this.#sender.sendMessages({ body: encode(message), applicationProperties: { uid: this.uid } });
    return "";
  }

  protected override async doPublishResponse(requester: ServerId, response: ClusterResponse): Promise<void> {
    const applicationProperties = { uid: this.uid, requester };
    await this.#sender.sendMessages({ body: encode(response), applicationProperties });
  }
}

/** Only the two servers of the bench write to the topic. */
function isOurs(content: unknown): content is ClusterMessage & ClusterResponse {
  return typeof content === "object" && content !== null && "uid" in content;
}
