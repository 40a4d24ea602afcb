import { app } from "@azure/functions";
import { entities, instanceQueueOf } from "../shared/bus/topology.ts";
import { forwardingSchema } from "../shared/presence/forwarding.ts";
import { notificationSchema } from "../shared/presence/notification.ts";
import { runtime } from "./app-runtime.ts";
import { queueDoor } from "./queue-door.ts";
import { topicDoor } from "./topic-door.ts";
import { triggerOptions } from "./trigger.ts";

const { presence, config } = runtime;
const ownQueue = instanceQueueOf(config.instance);

/** What other instances tell everybody. What was missed is found missing by the next heartbeat. */
app.serviceBusTopic("presence", {
  ...triggerOptions,
  topicName: entities.presence,
  subscriptionName: "%INSTANCE_ID%",
  handler: topicDoor(entities.presence, notificationSchema, (notification) => presence.receive(notification)),
});

/** What this instance alone is told. */
app.serviceBusQueue("instance-queue", {
  ...triggerOptions,
  queueName: "instance-%INSTANCE_ID%",
  handler: queueDoor(ownQueue, forwardingSchema, (forwarding) => presence.take(forwarding)),
});
