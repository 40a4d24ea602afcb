import { app } from "@azure/functions";
import { entities } from "../shared/bus/topology.ts";
import { notificationSchema } from "../shared/recycle/message.ts";
import { runtime } from "./app-runtime.ts";
import { topicDoor } from "./topic-door.ts";
import { triggerOptions } from "./trigger.ts";

/** What this instance is told, on its own subscription. */
app.serviceBusTopic("control", {
  ...triggerOptions,
  topicName: entities.control,
  subscriptionName: "%INSTANCE_ID%",
  handler: topicDoor(entities.control, notificationSchema, (notification) =>
    runtime.actor.handle(notification),
  ),
});
