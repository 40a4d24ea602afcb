import { app } from "@azure/functions";
import { readIncoming } from "../shared/bus/incoming.ts";
import { reject } from "../shared/bus/reject.ts";
import { entities, instanceQueueOf } from "../shared/bus/topology.ts";
import { parseJson } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { forwardingSchema } from "../shared/presence/forwarding.ts";
import { notificationSchema } from "../shared/presence/notification.ts";
import { runtime } from "./app-runtime.ts";
import { queueDoor } from "./queue-door.ts";
import { counted, triggerOptions } from "./trigger.ts";

const { presence, config, outbox } = runtime;
const ownQueue = instanceQueueOf(config.instance);

/** What other instances tell everybody. What cannot be taken is found missing by the next heartbeat, so it need not come again. */
app.serviceBusTopic("presence", {
  ...triggerOptions,
  topicName: entities.presence,
  subscriptionName: "%INSTANCE_ID%",
  handler: counted(async (body, context) => {
    const message = readIncoming(body, context);
    try {
      await presence.receive(parseJson(notificationSchema, message.body.toString("utf8"), "notification"));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await reject(outbox, entities.presence, message, error);
    }
  }),
});

/** What this instance alone is told. */
app.serviceBusQueue("instance-queue", {
  ...triggerOptions,
  queueName: "instance-%INSTANCE_ID%",
  handler: queueDoor(ownQueue, forwardingSchema, (forwarding) => presence.take(forwarding)),
});
