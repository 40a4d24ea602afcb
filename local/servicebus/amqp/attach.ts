import type { Receiver, Sender, Source as RheaSource, TerminusOptions } from "rhea";
import { type Address, parseAddress, pathOf } from "../address.ts";
import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import { maxLinksPerConnection, maxMessageBytes } from "../limits.ts";
import type { Namespace } from "../store/namespace.ts";
import type { AccessKey } from "../sas.ts";
import type { ConnectionLinks } from "./connection-links.ts";
import { ConsumerLink } from "./consumer-link.ts";
import { assertExists } from "./existing.ts";
import type { Grants } from "./grants.ts";
import { amqpError, type OpenLink } from "./open-link.ts";
import { PublisherLink } from "./publisher-link.ts";
import { isTrue } from "./rhea-values.ts";
import { ReplyLink } from "./reply-link.ts";
import { RequestLink } from "./request-link.ts";
import { answerEveryDrain, holdAttach, refuse } from "./rhea-link.ts";
import { rawLink } from "./rhea-shapes.ts";
import type { SendWindow } from "./send-window.ts";
import {
  acceptSession,
  announceSessionLock,
  readSessionFilter,
  sessionSourceFilter,
} from "./session-attach.ts";

const cbsNode = "$cbs";
/** Sender settle mode in which everything is sent settled: receive-and-delete, and replies. */
const settledMode = 1;

/** What attaching works with: the connection's own things and the broker's. */
export interface AttachContext {
  readonly namespace: Namespace;
  readonly clock: Clock;
  readonly access: AccessKey;
  readonly faults: Faults;
  readonly grants: Grants;
  readonly links: ConnectionLinks;
  readonly windowOf: (sender: Sender) => SendWindow;
  readonly refused: (what: "attach" | "message" | "request", path: string, error: BrokerError) => void;
}

/** Answers a client that wants to receive. */
export function attachOutgoing(sender: Sender, context: AttachContext): void {
  const address = addressOf(sender.source) ?? "";
  answerEveryDrain(rawLink(sender));
  guardAttach(sender, address, context, () => {
    if (isTrue(sender.source?.dynamic)) {
      throw new BrokerError("amqp:not-implemented", "Dynamic nodes are not supported: name an entity.");
    }
    if (isCbs(address)) {
      assertFirst(context, (open) => open instanceof ReplyLink && open.resource === undefined);
      return openReplies(sender, { address, resource: undefined }, context);
    }
    const parsed = admit(address, context);
    if (parsed.management) return openReplies(sender, { address, resource: address }, context);
    return openConsumer(sender, { address, parsed }, context);
  });
}

/** Answers a client that wants to send. */
export function attachIncoming(receiver: Receiver, context: AttachContext): void {
  const address = addressOf(receiver.target) ?? "";
  guardAttach(receiver, address, context, () => {
    if (address === "")
      throw new BrokerError(
        "amqp:not-implemented",
        "A link needs the address of an entity; transactions are not supported.",
      );
    echo(receiver, address);
    rawLink(receiver).local.attach.max_message_size = maxMessageBytes;
    if (isCbs(address)) {
      assertFirst(context, (open) => open instanceof RequestLink && open.resource === undefined);
      return new RequestLink(receiver, { ...context, address, parsed: undefined });
    }
    const parsed = admit(address, context);
    if (parsed.management) {
      assertExists(parsed, context.namespace);
      return new RequestLink(receiver, { ...context, address, parsed });
    }
    const { destination, life } = context.namespace.destination(parsed);
    destination.assertSendable();
    return new PublisherLink(receiver, {
      resource: address,
      life,
      publish: (contents) => {
        context.faults.strike({ point: "send", path: destination.path });
        destination.publish(contents);
      },
      refused: (error) => context.refused("message", destination.path, error),
    });
  });
}

/** Opens a link, or refuses it with what was thrown. */
function guardAttach(
  link: Sender | Receiver,
  address: string,
  context: AttachContext,
  open: () => OpenLink,
): void {
  try {
    if (context.links.size >= maxLinksPerConnection) {
      throw new BrokerError(
        "amqp:resource-limit-exceeded",
        `A connection may have ${maxLinksPerConnection} links.`,
      );
    }
    context.links.add(link, open());
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    refuseLink(link, address, context, error);
  }
}

function refuseLink(
  link: Sender | Receiver,
  address: string,
  context: AttachContext,
  error: BrokerError,
): void {
  context.refused("attach", address, error);
  refuse(link, amqpError(error));
}

function admit(address: string, { grants, faults }: AttachContext): Address {
  faults.strike({ point: "attach", path: pathOf(address) });
  grants.assertCovered(address);
  return parseAddress(address);
}

function openReplies(
  sender: Sender,
  { address, resource }: { address: string; resource: string | undefined },
  context: AttachContext,
): ReplyLink {
  if (resource !== undefined) assertExists(parseAddress(address), context.namespace);
  const target = addressOf(sender.target);
  echo(sender, address);
  rawLink(sender).local.attach.snd_settle_mode = settledMode;
  return new ReplyLink(sender, context.windowOf(sender), {
    node: pathOf(address).toLowerCase(),
    resource,
    address: target,
  });
}

function openConsumer(
  sender: Sender,
  { address, parsed }: { address: string; parsed: Address },
  context: AttachContext,
): ConsumerLink {
  const source = context.namespace.source(parsed);
  source.assertReceivable();
  const settled = sender.snd_settle_mode === settledMode;
  const link = new ConsumerLink(sender, context.windowOf(sender), {
    resource: address,
    mode: settled ? "receive-and-delete" : "peek-lock",
    source,
  });
  const { attach } = rawLink(sender).local;
  attach.snd_settle_mode = sender.snd_settle_mode;
  attach.rcv_settle_mode = sender.rcv_settle_mode;
  const filter = readSessionFilter(sender.source.filter);
  source.life.touch();
  if (filter === undefined) {
    if (source.mailbox.sessions !== undefined) {
      throw new BrokerError(
        "amqp:not-allowed",
        "It is not possible for an entity that requires sessions to create a non-sessionful message receiver.",
      );
    }
    echo(sender, address);
    source.mailbox.attach(link);
    return link;
  }
  acceptSession(sender, link, filter, {
    granted: (lock) => {
      link.session = lock;
      link.stopWaiting = undefined;
      echo(sender, address, sessionSourceFilter(lock, filter));
      announceSessionLock(sender, lock);
      sender.open();
      link.pump();
    },
    refused: (error) => {
      link.stopWaiting = undefined;
      refuseLink(sender, address, context, error);
    },
    hold: () => holdAttach(rawLink(sender)),
  });
  return link;
}

/** Answers with the addresses the client gave. Only plain fields: what rhea decoded must not be handed back to it. */
function echo(link: Sender | Receiver, address: string, filter?: Record<string, unknown>): void {
  if (link.is_sender()) {
    const source: RheaSource = { address };
    if (filter !== undefined) source.filter = filter;
    link.set_source(source);
    const target = addressOf(link.target);
    link.set_target(terminus(target));
    return;
  }
  link.set_source(terminus(addressOf(link.source)));
  link.set_target({ address });
}

/** A terminus may come without an address, which the typings do not know. */
function terminus(address: string | undefined): TerminusOptions {
  const fields: { address?: string } = address === undefined ? {} : { address };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return fields as TerminusOptions;
}

/** The address of a terminus; there may be none, and what there is may be anything. */
function addressOf(given: unknown): string | undefined {
  const address: unknown =
    typeof given === "object" && given !== null && "address" in given ? given.address : undefined;
  return typeof address === "string" ? address : undefined;
}

/** A connection may have one link each way to `$cbs`; clients that lost one take the refusal as the sign to connect anew. */
function assertFirst({ links }: AttachContext, isSame: (open: OpenLink) => boolean): void {
  if (links.all().some(isSame))
    throw new BrokerError("amqp:not-allowed", "The $cbs node has already been opened on this connection.");
}

function isCbs(address: string): boolean {
  return pathOf(address).toLowerCase() === cbsNode;
}
