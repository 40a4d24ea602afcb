import { app } from "@azure/functions";
import { readIncoming } from "../shared/bus/incoming.ts";
import { entities } from "../shared/bus/topology.ts";
import { takeMessage } from "../shared/operation/take-message.ts";
import { runtime } from "./app-runtime.ts";
import { counted, triggerOptions } from "./trigger.ts";

/** Requests to recycle, and the ticks that move operations. */
app.serviceBusQueue("recycle-requests", {
  ...triggerOptions,
  queueName: entities.recycleRequests,
  handler: counted(async (body, context) => {
    const { outbox, submissions, driver, logs } = runtime;
    await takeMessage({ outbox, submissions, driver, log: logs.bus }, readIncoming(body, context));
  }),
});
