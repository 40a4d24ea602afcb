import { app } from "@azure/functions";
import { z } from "zod";
import { entities } from "../shared/bus/topology.ts";
import { notificationSchema } from "../shared/recycle/message.ts";
import { routingLookSchema } from "../shared/routing/message.ts";
import { runtime } from "./app-runtime.ts";
import { topicDoor } from "./topic-door.ts";
import { triggerOptions } from "./trigger.ts";

const controlSchema = z.discriminatedUnion("type", [notificationSchema, routingLookSchema]);

/** What this instance is told, on its own subscription. */
app.serviceBusTopic("control", {
  ...triggerOptions,
  topicName: entities.control,
  subscriptionName: "%INSTANCE_ID%",
  handler: topicDoor(entities.control, controlSchema, (message) =>
    message.type === "recycle" ? runtime.actor.handle(message) : runtime.serving.look(),
  ),
});
