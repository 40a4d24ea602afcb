import { app, type HttpRequest } from "@azure/functions";
import { z } from "zod";
import { reply, replyAddressOf } from "../shared/bus/reply.ts";
import { logicalIdOf } from "../shared/bus/retry-later.ts";
import { entities } from "../shared/bus/topology.ts";
import { parseValue } from "../shared/kernel/parse.ts";
import { keySchema } from "../shared/operation/message.ts";
import {
  contentFields,
  contentSchema,
  hasOneContent,
  oneContentError,
  recipientSchema,
  type Recipient,
} from "../shared/presence/message.ts";
import { runtime } from "./app-runtime.ts";
import { door, json } from "./door.ts";
import { queueDoor } from "./queue-door.ts";
import { readJsonBody } from "./read-body.ts";
import { bearerOf } from "./sessions.ts";
import { triggerOptions } from "./trigger.ts";

const { presence, outbox, rates } = runtime;

/** Takes a message from the session whose token is presented. */
const sendTo = (toOf: (request: HttpRequest) => Recipient) =>
  door(async (request) => {
    const from = await bearerOf(request);
    const to = parseValue(recipientSchema, toOf(request), "recipient");
    const content = await readJsonBody(request, contentSchema);
    const key = request.headers.get("idempotency-key");
    rates.count(from.sessionId);
    await presence.refuseEnded(from.sessionId);
    const sent = await presence.sender.send({
      from,
      to,
      content,
      key: key === null ? undefined : parseValue(keySchema, key, "Idempotency-Key"),
    });
    return json(202, { messageId: sent.messageId, to, sessions: sent.mailboxes.length });
  });

app.http("message-to-session", {
  methods: ["POST"],
  route: "sessions/{id}/messages",
  authLevel: "anonymous",
  handler: sendTo(({ params }) => ({ session: params["id"] ?? "" })),
});

app.http("message-to-user", {
  methods: ["POST"],
  route: "users/{name}/messages",
  authLevel: "anonymous",
  handler: sendTo(({ params }) => ({ user: params["name"] ?? "" })),
});

app.http("message-to-everyone", {
  methods: ["POST"],
  route: "messages",
  authLevel: "anonymous",
  handler: sendTo(() => ({ everyone: true })),
});

const reapSchema = z.strictObject({
  type: z.literal("reap"),
  role: z.string(),
  instance: z.string(),
  epoch: z.int().min(1),
  lastSeen: z.string().optional(),
});

const queueMessageSchema = z
  .strictObject({
    type: z.literal("message").default("message"),
    to: recipientSchema,
    /** Who says it: a workflow has no session. */
    from: z.string().min(1).max(128).default("workflow"),
    key: keySchema.optional(),
    ...contentFields,
  })
  .refine(hasOneContent, { error: oneContentError });

/** Messages from workflows, and the ticks that end the sessions of lost instances. */
app.serviceBusQueue("messages", {
  ...triggerOptions,
  queueName: entities.messages,
  handler: queueDoor(entities.messages, z.union([reapSchema, queueMessageSchema]), async (value, message) => {
    if (value.type === "reap") return await presence.reaper.handle(value);
    const asker = replyAddressOf(message);
    const { to, from, text, data, key = logicalIdOf(message) } = value;
    const content = { ...(text === undefined ? {} : { text }), ...(data === undefined ? {} : { data }) };
    const sent = await presence.sender.send({
      from: { sessionId: `queue:${from}`, userName: from },
      to,
      content,
      key,
    });
    if (asker)
      await reply(outbox, asker, "message.accepted", `${logicalIdOf(message)}:accepted`, {
        messageId: sent.messageId,
      });
  }),
});
