import { app, type InvocationContext } from "@azure/functions";
import { giveBack } from "../shared/bus/give-back.ts";
import { readIncoming } from "../shared/bus/incoming.ts";
import { reject } from "../shared/bus/reject.ts";
import { entities } from "../shared/bus/topology.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";
import { counted, triggerOptions } from "./trigger.ts";

const { branches, outbox, logs } = runtime;

/** Each message is a copy of a branch. What an endpoint does is settled inside; what is thrown is that a table or Service Bus does not answer. */
app.serviceBusQueue("router-outbox", {
  ...triggerOptions,
  queueName: entities.routerOutbox,
  handler: counted(async (body: unknown, context: InvocationContext) => {
    const message = readIncoming(body, context);
    try {
      await branches.deliver(message);
    } catch (error) {
      await giveBack({ outbox, log: logs.bus }, entities.routerOutbox, message, error);
    }
  }),
});

/** The same in order: no copy is made, so what cannot be delivered yet is left to the broker, which brings it before all behind it. */
app.serviceBusQueue("router-outbox-ordered", {
  ...triggerOptions,
  queueName: entities.routerOutboxOrdered,
  isSessionsEnabled: true,
  handler: counted(async (body: unknown, context: InvocationContext) => {
    const message = readIncoming(body, context);
    try {
      await branches.deliverOrdered(message);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await reject(outbox, entities.routerOutboxOrdered, message, error);
      logs.bus.rejected(entities.routerOutboxOrdered, message.messageId, error);
    }
  }),
});
