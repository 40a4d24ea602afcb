import type { Address } from "../address.ts";
import { encodeMap, encodeString } from "../amqp/encode.ts";
import type { Reply } from "../amqp/request.ts";
import type { Content, MessageLock, StoredMessage } from "../store/message.ts";
import type { Namespace } from "../store/namespace.ts";
import type { SessionLock } from "../store/session.ts";
import type { Arguments } from "./arguments.ts";

/** What an operation works with. */
export interface Operands {
  readonly namespace: Namespace;
  /** The entity whose management node was asked. */
  readonly address: Address;
  readonly request: Arguments;
  /** Application properties of a settlement, encoded as the client sent them. */
  readonly encodedProperties: (name: string) => ReadonlyMap<string, Buffer>;
  /** The session lock of the link that the request names, when it is on the same connection and holds one. */
  readonly heldSession: SessionLock | undefined;
  readonly readMessage: (encoded: Buffer) => Content;
  readonly writeMessage: (message: StoredMessage, lock: MessageLock | undefined) => Buffer;
}

export type Operation = (operands: Operands) => Reply;

/** A reply with a map of encoded values. */
export function answer(fields: Readonly<Record<string, Buffer>>): Reply {
  const items = Object.entries(fields).flatMap(([name, value]) => [encodeString(name), value]);
  return { status: 200, description: "OK", body: encodeMap(items) };
}

/** The reply when there is nothing to tell; 404 would be taken for a failure. */
export const nothing: Reply = { status: 204, description: "No content." };
