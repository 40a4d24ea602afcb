import { z } from "zod";
import type { Incoming } from "../bus/incoming.ts";
import { parseJson } from "../kernel/parse.ts";
import { Problem } from "../kernel/problem.ts";
import { branchSchema, copySchema, passSchema, type RoutedMessage } from "./routed-message.ts";

/** Properties of a message on the router's queues; its body is the original's, byte by byte. */
export interface CarrierProperties {
  contentType?: string;
  applicationProperties: Record<string, string>;
}

const passProperty = "interrole";
const branchProperty = "interroleBranch";
/** What is written begins with the number of its form. So it never looks like JSON, which the Functions library would turn into a value. */
const form = "1|";

/** Service Bus takes 32 KB in one property and 64 KB in all, its own included. */
const maxPropertyBytes = 32_000;
const maxPropertiesBytes = 60_000;
/** What a first copy leaves free: later ones have longer numbers, and a nonce. */
const roomForLaterCopies = 64;

const carriedPassSchema = passSchema.extend({
  // It becomes the key of a table partition.
  logicalId: z.string().regex(/^[0-9a-f]{32}$/, { error: "must be 32 hexadecimal digits" }),
});

const carriedBranchSchema = z.strictObject({ version: z.string(), branch: branchSchema, copy: copySchema });

/** A copy of a branch on the outbox, with the version of the table that decided it. */
export interface CarriedBranch extends z.output<typeof carriedBranchSchema> {
  message: RoutedMessage;
}

/** The properties of a message that comes back to the inbox or waits unmatched. Throws Problem `payload-too-large`. */
export function carryMessage(message: RoutedMessage): CarrierProperties {
  return carry(message, {});
}

/** The properties of a copy on the outbox. Throws Problem `payload-too-large`. */
export function carryBranch({ message, version, branch, copy }: CarriedBranch): CarrierProperties {
  const room = copy.number === 1 ? roomForLaterCopies : 0;
  return carry(message, { [branchProperty]: form + JSON.stringify({ version, branch, copy }) }, room);
}

/** Reads a message that the router put there itself; undefined when it is somebody's fresh one. Throws Problem when it is neither. */
export function readCarried(incoming: Incoming): RoutedMessage | undefined {
  const text = incoming.applicationProperties[passProperty];
  if (text === undefined) return undefined;
  const pass = parseJson(carriedPassSchema, unformed(text, passProperty), `property ${passProperty}`);
  return { pass, body: incoming.body, contentType: incoming.contentType };
}

/** Reads a copy from the outbox. Throws Problem when it is none of ours. */
export function readCarriedBranch(incoming: Incoming): CarriedBranch {
  const message = readCarried(incoming);
  const text = incoming.applicationProperties[branchProperty];
  if (!message || text === undefined)
    throw new Problem("invalid-request", "The message is none of the router's: its properties are missing");
  const carried = parseJson(
    carriedBranchSchema,
    unformed(text, branchProperty),
    `property ${branchProperty}`,
  );
  return { message, ...carried };
}

function carry(
  { pass, contentType }: RoutedMessage,
  more: Record<string, string>,
  room = 0,
): CarrierProperties {
  const applicationProperties = { [passProperty]: form + JSON.stringify(pass), ...more };
  const sizes = Object.values(applicationProperties).map((text) => Buffer.byteLength(text));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const isTooLarge =
    total + room > maxPropertiesBytes || sizes.some((size) => size + room > maxPropertyBytes);
  if (isTooLarge) {
    throw new Problem(
      "payload-too-large",
      `What the router knows of the message (its headers, and the addresses that it goes to) takes ${sizes.join(" + ")} bytes; a queue takes ${maxPropertyBytes} each and ${maxPropertiesBytes} together`,
    );
  }
  return { ...(contentType === undefined ? {} : { contentType }), applicationProperties };
}

function unformed(text: string | number | boolean, property: string): string {
  if (typeof text === "string" && text.startsWith(form)) return text.slice(form.length);
  throw new Problem(
    "invalid-request",
    `The property ${property} is the router's own; it must begin with "${form}"`,
  );
}
