import { app } from "@azure/functions";
import { readIncoming } from "../shared/bus/incoming.ts";
import { entities } from "../shared/bus/topology.ts";
import { runtime } from "./app-runtime.ts";
import { counted, triggerOptions } from "./trigger.ts";

const { inbox } = runtime;

/** Messages to be routed, in any form: their bodies are parsed only as far as filters ask. */
app.serviceBusQueue("router-inbox", {
  ...triggerOptions,
  queueName: entities.routerInbox,
  handler: counted((body, context) => inbox.take(readIncoming(body, context))),
});

/** The same in order: one at a time for each ordering key. */
app.serviceBusQueue("router-inbox-ordered", {
  ...triggerOptions,
  queueName: entities.routerInboxOrdered,
  isSessionsEnabled: true,
  handler: counted((body, context) => inbox.takeOrdered(readIncoming(body, context))),
});
