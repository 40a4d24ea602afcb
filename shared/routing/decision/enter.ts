import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Incoming } from "../../bus/incoming.ts";
import { replyAddressOf } from "../../bus/reply.ts";
import { logicalIdOf as suppliedIdOf } from "../../bus/retry-later.ts";
import { entities, maxIdLength } from "../../bus/topology.ts";
import { parseValue } from "../../kernel/parse.ts";
import { Problem } from "../../kernel/problem.ts";
import { routingLimits as limits } from "../limits.ts";
import type { HeaderValue } from "../message-view.ts";
import type { Pass, Reply, RoutedMessage } from "../routed-message.ts";
import type { ServedTable } from "../served-table.ts";
import { carriedHeaders } from "./carried-headers.ts";
import { logicalIdOf } from "./identity.ts";

/** The inboxes, for messages in no order and in the order of their sessions. */
export type InboxName = typeof entities.routerInbox | typeof entities.routerInboxOrdered;

/** A request as it came in over HTTP. */
export interface HttpMessage {
  inbound: string;
  url: string;
  headers: Iterable<[string, string]>;
  body: Buffer;
}

/** A fresh message, before its table is known. */
export interface Entering {
  /** As its sender names them; without a name of the inbound endpoint, the address at which it came in. */
  table: string | undefined;
  inbound: string | undefined;
  address: string;
  suppliedId: string;
  hop: number;
  headers: Pass["headers"];
  orderingKey: string | undefined;
  reply: Reply | undefined;
  body: Buffer;
  contentType: string | undefined;
}

const toSession = "session:";
const toQueue = `queue:${entities.replies}/`;

const name = z.string().min(1).max(limits.maxNameLength).optional();
const hop = z.coerce.number().int().min(0).max(1_000).default(0);
const orderingKey = z.string().min(1).max(limits.maxOrderingKeyLength).optional();
const httpFields = z.object({
  table: name,
  "idempotency-key": z.string().min(1).max(256).optional(),
  "ordering-key": orderingKey,
  "interrole-hop": hop,
  "reply-to": z
    .string()
    .regex(/^(?:session:[A-Za-z0-9_-]{1,128}|queue:replies\/.{1,128})$/, {
      error: "must be session:ID of a connected client, or queue:replies/SESSION",
    })
    .optional(),
});
const queueFields = z.object({ table: name, inbound: name, "interrole-hop": hop, sessionId: orderingKey });

/** Reads a request. Throws Problem that says which header or parameter is wrong. */
export function enterOverHttp({ inbound, url, headers, body }: HttpMessage): Entering {
  const all = [...headers];
  const { origin, pathname, searchParams } = new URL(url);
  const given = Object.fromEntries(all.map(([header, value]) => [header.toLowerCase(), value]));
  const table = searchParams.get("table") ?? given["interrole-table"];
  const fields = parseValue(httpFields, { ...given, table }, "request");
  const key = fields["idempotency-key"];
  return {
    table: fields.table,
    inbound,
    // Without its query: that may hold the key of the function.
    address: origin + pathname,
    suppliedId: key ?? randomUUID(),
    hop: fields["interrole-hop"],
    headers: carriedHeaders(all),
    orderingKey: fields["ordering-key"],
    reply: readReplyTo(fields["reply-to"], key),
    body,
    contentType: given["content-type"],
  };
}

/** Reads a fresh message of an inbox. Throws Problem that says what is wrong. */
export function enterOverQueue(incoming: Incoming, queue: InboxName): Entering {
  const properties = Object.entries(incoming.applicationProperties);
  const given = Object.fromEntries(properties.map(([property, value]) => [property.toLowerCase(), value]));
  const { sessionId } = incoming;
  const fields = parseValue(
    queueFields,
    {
      "interrole-hop": given["interrole-hop"],
      table: textOf(given["table"]),
      inbound: textOf(given["inbound"]),
      sessionId,
    },
    "message",
  );
  const reply = replyAddressOf(incoming);
  return {
    table: fields.table,
    inbound: fields.inbound,
    address: addressOf(queue),
    suppliedId: queuedIdOf(incoming, queue),
    hop: fields["interrole-hop"],
    headers: carriedHeaders(properties.filter(([property]) => !/^(?:table|inbound)$/i.test(property))),
    orderingKey: fields.sessionId,
    reply: reply && { kind: "queue", sessionId: reply.sessionId, correlationId: reply.correlationId },
    body: incoming.body,
    contentType: incoming.contentType,
  };
}

/** What stands for a message of an inbox over its deliveries. Throws Problem when nothing does: such a message could be routed twice. */
export function queuedIdOf(incoming: Incoming, queue: InboxName): string {
  const id = suppliedIdOf(incoming);
  if (id !== "") return id;
  if (incoming.sequenceNumber !== undefined) return `${queue}#${incoming.sequenceNumber}`;
  throw new Problem("invalid-request", "The message must have a MessageId: a message may come twice");
}

/**
 * The message as it is routed by a table. One that names no inbound endpoint, and whose address is not that of exactly one, keeps the address in
 * its place: it is refused when it is matched, unless it has been decided before. Throws Problem when it has been through too many routers.
 */
export function toMessage(entering: Entering, { name: table, compiled }: ServedTable): RoutedMessage {
  const { address, hop, headers, orderingKey, body, contentType } = entering;
  refuseLoop(hop);
  const inbound = entering.inbound ?? inboundAt(address, compiled.table.inbound) ?? address;
  const ordered = orderingKey === undefined ? {} : { orderingKey };
  const content = { body, contentType, pass: { headers, ...ordered } };
  const named = { table: entering.table, inbound: entering.inbound ?? address };
  const logicalId = logicalIdOf({ ...named, suppliedId: entering.suppliedId }, content);
  const reply = entering.reply ? { reply: withCorrelation(entering.reply, logicalId) } : {};
  return {
    pass: { logicalId, replay: 0, table, inbound, address, hop, ...content.pass, ...reply },
    body,
    contentType,
  };
}

/** Ends loops: a message goes through so many routers at most. Throws Problem `too-many-hops`. */
export function refuseLoop(hop: number): void {
  if (hop > limits.maxHops)
    throw new Problem(
      "too-many-hops",
      `The message has been through ${hop} routers; it may go through at most ${limits.maxHops}`,
    );
}

const addressOf = (queue: InboxName): string => `queue:${queue}`;

/** The only inbound endpoint with this address, for messages that name none. */
function inboundAt(
  address: string,
  inbound: ServedTable["compiled"]["table"]["inbound"],
): string | undefined {
  const found = Object.keys(inbound).filter((name) => inbound[name]?.address === address);
  return found.length === 1 ? found[0] : undefined;
}

function readReplyTo(text: string | undefined, key: string | undefined): Reply | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith(toSession)) return { kind: "session", sessionId: text.slice(toSession.length) };
  return {
    kind: "queue",
    sessionId: text.slice(toQueue.length),
    correlationId: (key ?? "").slice(0, maxIdLength),
  };
}

/** An answer is told by the id of the request; who gave none has got the message's. */
function withCorrelation(reply: Reply, logicalId: string): Reply {
  return reply.kind === "queue" && reply.correlationId === ""
    ? { ...reply, correlationId: logicalId }
    : reply;
}

function textOf(value: HeaderValue | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
