import type { LookupAddress } from "node:dns";
import type { ServiceBusMessage } from "@azure/service-bus";
import type { Clock } from "../../kernel/clock.ts";
import type { OutboundPolicy } from "../outbound-policy.ts";
import type { Branch, RoutedMessage } from "../routed-message.ts";
import type { ServedTable } from "../served-table.ts";

/** One try of a branch: its message is offered to the branch's targets in order, until one takes it. */
export interface Call {
  message: RoutedMessage;
  branch: Branch;
  /** The version of the table that decided: `ServedTable.version`. */
  version: ServedTable["version"];
  /** No call goes on for longer than this, whatever its target's time-out: then the whole try has failed. */
  withinMs: number;
}

/** What a service answered. */
export interface Answer {
  status: number;
  /** Names in lower case; without hop-by-hop headers and cookies. */
  headers: Record<string, string>;
  body: Buffer;
  contentType: string | undefined;
  isFault: boolean;
}

/** What came of offering the message to one target. */
export interface Attempt {
  /** The target's name. */
  endpoint: string;
  /** The HTTP status, if it is spoken to over HTTP and answered. */
  status?: number;
  /** Why it did not take the message; absent when it did. */
  error?: string;
  /** Whether what failed was only that the answer did not come in time. */
  isTimeout?: boolean;
  tookMs: number;
}

/**
 * What came of a try.
 * - `taken`: the last of `attempts` took it. Of a service over HTTP there is an answer, unless it was too large to be kept.
 * - `failed`: no target took it. `isFinal`: it will be no better later, because the message is refused as such, or every target is out of the
 *   question. `answer`: what the last target that spoke at all answered; a request-reply may pass it on.
 * - `skipped`: the circuits of all targets are open, so nothing was tried; the first opens again after so long.
 */
export type Outcome =
  | { kind: "taken"; endpoint: string; answer: Answer | undefined; attempts: Attempt[] }
  | { kind: "failed"; isFinal: boolean; answer: Answer | undefined; attempts: Attempt[] }
  | { kind: "skipped"; afterMs: number; attempts: Attempt[] };

/** What calls endpoints: `Endpoints` does. For a message of any exchange; that of the target says what is an answer. */
export interface CallTargets {
  callTargets(call: Call): Promise<Outcome>;
}

/** A message that enters an inbound endpoint of a table here, as a branch of another. */
export interface RouterEntry {
  table: string;
  inbound: string;
  /** Its supplied id there: the id of the branch. */
  suppliedId: string;
  /** As it left the first table, with its hop raised. */
  message: RoutedMessage;
  withinMs: number;
}

/** Where a connected client's message goes. */
export type MailboxAddress = { session: string } | { user: string };

/** What is said to a connected client: text, or anything JSON. */
export type MailboxContent = { text: string } | { data: unknown };

/** What endpoints are reached through. */
export interface EndpointPorts {
  policy: OutboundPolicy;
  /** Looks up a host; each of its addresses is judged by the policy. */
  resolve: (host: string) => Promise<LookupAddress[]>;
  /** A token of the app's identity for this resource. */
  getToken: (resource: string) => Promise<string>;
  /** Resources for which a table may have tokens. */
  tokenResources: readonly string[];
  /** The value of an app setting at this moment. */
  readSecret: (setting: string) => string | undefined;
  /** Sends to a queue or topic that a table names; when it returns the broker has the message. Throws BusError. */
  sendToEntity: (entity: string, body: Buffer, properties: Omit<ServiceBusMessage, "body">) => Promise<void>;
  /** Puts a message into mailboxes; the same key puts it there once. Throws Problem: `unknown-session`, `session-closed`, `unknown-user`, ... */
  sendToMailbox: (sending: {
    to: MailboxAddress;
    content: MailboxContent;
    key: string;
    from: string;
  }) => Promise<void>;
  /** Puts a one-way or duplex message on the inbox. Throws Problem, BusError. */
  submitToRouter: (entry: RouterEntry) => Promise<void>;
  /** Has a request answered through another table. Throws Problem. */
  requestThroughRouter: (entry: RouterEntry) => Promise<Answer>;
  clock: Clock;
}
