import { app } from "@azure/functions";
import type { Incoming } from "../shared/bus/incoming.ts";
import { reply, replyAddressOf } from "../shared/bus/reply.ts";
import { logicalIdOf } from "../shared/bus/retry-later.ts";
import { entities } from "../shared/bus/topology.ts";
import {
  counterMessageSchema,
  viewReading,
  viewTaken,
  type CounterMessage,
} from "../shared/counter/message.ts";
import { Problem } from "../shared/kernel/problem.ts";
import { runtime } from "./app-runtime.ts";
import { queueDoor } from "./queue-door.ts";
import { triggerOptions } from "./trigger.ts";

const { counters, counterList, outbox } = runtime;

/** Requests from workflows. A message that comes again has the same key, so it gets the same answer. */
app.serviceBusQueue("counter-requests", {
  ...triggerOptions,
  queueName: entities.counterRequests,
  handler: queueDoor(entities.counterRequests, counterMessageSchema, async (request, message) => {
    const asker = replyAddressOf(message);
    if (!asker && request.type !== "reset")
      throw new Problem("invalid-request", "Without ReplyTo nobody would be told the answer");
    const body = await answerOf(request, message);
    if (!asker) return;
    await reply(outbox, asker, `counter.${request.type}`, `${logicalIdOf(message)}:${request.type}`, body);
  }),
});

async function answerOf(request: CounterMessage, message: Incoming): Promise<object> {
  const { key = logicalIdOf(message), context, counter } = request;
  const name = { context, counter };
  if (key === "" && request.type !== "read")
    throw new Problem(
      "invalid-request",
      "The message must have a key or a MessageId: a message may come twice",
    );
  if (request.type === "read") return await read(name);
  const answer =
    request.type === "next"
      ? viewTaken(name, await counters.next(name, { count: request.count, key }))
      : viewReading(name, await counters.reset(name, request.value, key));
  counterList.note(name);
  return answer;
}

async function read(name: { context: string; counter: string }): Promise<object> {
  const reading = await counters.current(name);
  if (reading) return viewReading(name, reading);
  throw new Problem("unknown-counter", `The counter "${name.counter}" of "${name.context}" was never used`);
}
