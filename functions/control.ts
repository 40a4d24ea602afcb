import { app } from "@azure/functions";
import { readIncoming } from "../shared/bus/incoming.ts";
import { reject } from "../shared/bus/reject.ts";
import { entities } from "../shared/bus/topology.ts";
import { parseJson } from "../shared/kernel/parse.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { notificationSchema } from "../shared/recycle/message.ts";
import { runtime } from "./app-runtime.ts";
import { counted, triggerOptions } from "./trigger.ts";

/** What this instance is told, on its own subscription. */
app.serviceBusTopic("control", {
  ...triggerOptions,
  topicName: entities.control,
  subscriptionName: "%INSTANCE_ID%",
  handler: counted(async (body, context) => {
    const message = readIncoming(body, context);
    try {
      await runtime.actor.handle(
        parseJson(notificationSchema, message.body.toString("utf8"), "notification"),
      );
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await reject(runtime.outbox, entities.control, message, error);
    }
  }),
});
