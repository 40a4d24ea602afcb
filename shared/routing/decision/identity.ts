import { createHash } from "node:crypto";
import type { RoutedMessage } from "../routed-message.ts";
import { essentialHeaders } from "./carried-headers.ts";

/** What a message is recognised by, beside its content. */
export interface Named {
  /** The table and the inbound endpoint as the sender names them, not as they are resolved: the next instance may resolve them otherwise. */
  table: string | undefined;
  inbound: string;
  /** The id that its sender gave it, or what stands in for one. */
  suppliedId: string;
}

type Content = Pick<RoutedMessage, "body" | "contentType"> & {
  pass: Pick<RoutedMessage["pass"], "headers" | "orderingKey">;
};

const idLength = 32;

/**
 * The id of a message over all its copies and tries. The content is part of it: two different messages under one sender's id are two
 * messages, not one of which the other would be lost.
 */
export function logicalIdOf({ table, inbound, suppliedId }: Named, content: Content): string {
  return hash([table ?? null, inbound, suppliedId, digestOf(content)]);
}

/** The id of what goes to one endpoint: the same at every replay, so that a service can tell a repetition. */
export function branchIdOf(logicalId: string, endpoint: string): string {
  return hash([logicalId, endpoint]);
}

/** The session of the ordered outbox in which what goes to one endpoint under one ordering key keeps its order. */
export function outboxSessionOf(orderingKey: string, endpoint: string): string {
  return hash([orderingKey, endpoint]);
}

/** A number for an ordering key: all messages under it make the same choice. */
export function turnOf(orderingKey: string): number {
  return createHash("sha256").update(orderingKey).digest().readUInt32BE();
}

function digestOf({ body, contentType, pass: { headers, orderingKey } }: Content): string {
  return createHash("sha256")
    .update(JSON.stringify([contentType ?? null, orderingKey ?? null, essentialHeaders(headers)]))
    .update("\n")
    .update(body)
    .digest("hex");
}

function hash(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, idLength);
}
