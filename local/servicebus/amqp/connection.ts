import type { Socket } from "node:net";
import rhea, { type Connection, type EventContext, type Receiver, type Sender, type Session } from "rhea";
import { BrokerError } from "../broker-error.ts";
import type { Clock } from "../clock.ts";
import type { Faults } from "../faults.ts";
import {
  handshakeTimeoutMs,
  idleTimeoutMs,
  incomingWindow,
  maxFrameBytes,
  maxSessionsPerConnection,
  minFrameBytes,
  minIdleTimeoutMs,
  outgoingWindow,
  sendCredit,
} from "../limits.ts";
import type { Log } from "../log-event.ts";
import type { AccessKey } from "../sas.ts";
import type { Namespace } from "../store/namespace.ts";
import { type AttachContext, attachIncoming, attachOutgoing } from "./attach.ts";
import { ConnectionLinks } from "./connection-links.ts";
import { ConsumerLink } from "./consumer-link.ts";
import { Grants } from "./grants.ts";
import type { OpenLink } from "./open-link.ts";
import { PublisherLink } from "./publisher-link.ts";
import { ReplyLink } from "./reply-link.ts";
import { RequestLink } from "./request-link.ts";
import { acceptSocket, failConnection, sayGoodbye, stopHeartbeats } from "./rhea-connection.ts";
import { refuse } from "./rhea-link.ts";
import { prepareSession } from "./rhea-session.ts";
import { rawSession } from "./rhea-shapes.ts";
import { saslMechanisms } from "./sasl.ts";
import { SendWindow } from "./send-window.ts";

/** What every connection of a listener works with. */
export interface ServerContext {
  readonly namespace: Namespace;
  readonly clock: Clock;
  readonly access: AccessKey;
  readonly faults: Faults;
  readonly log: Log;
}

/** The events after which a client's word on a delivery is known. */
const outcomes = ["accepted", "rejected", "released", "modified", "settled"] as const;

/** One client's connection: from the accepted socket until it is closed, however that comes about. */
export class ClientConnection {
  readonly #id: string;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #server: ServerContext;
  readonly #links = new ConnectionLinks();
  readonly #grants: Grants;
  readonly #sessions = new Set<Session>();
  readonly #windows = new WeakMap<Session, SendWindow>();
  readonly #attaching: AttachContext;
  readonly #stopReading: () => void;
  #handshake: NodeJS.Timeout;
  #failed = false;
  #closed = false;

  constructor(socket: Socket, server: ServerContext) {
    this.#id = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    this.#socket = socket;
    this.#server = server;
    this.#grants = new Grants(server.clock, () => this.#endUncovered());
    // One container a connection: its SASL mechanisms then know whom they let in.
    const container = rhea.create_container({ id: "interrole-servicebus" });
    container.sasl_server_mechanisms = saslMechanisms(server.access, () => this.#grants.addAll());
    this.#connection = container.create_connection({
      host: "",
      port: 0,
      id: this.#id,
      max_frame_size: maxFrameBytes,
      channel_max: maxSessionsPerConnection - 1,
      idle_time_out: idleTimeoutMs,
      session_buffer_size: { incoming: incomingWindow, outgoing: outgoingWindow },
      sender_options: { treat_modified_as_released: false, autosettle: true } as object,
      receiver_options: { autoaccept: false, credit_window: sendCredit },
    });
    this.#attaching = {
      ...server,
      grants: this.#grants,
      links: this.#links,
      windowOf: (sender) => this.#windowOf(sender.session),
      refused: (what, path, error) =>
        server.log({
          event: "refused",
          connection: this.#id,
          what,
          path,
          condition: error.condition,
          reason: error.message,
        }),
    };
    this.#handshake = setTimeout(
      () => this.#fail("The connection was not opened in time."),
      handshakeTimeoutMs,
    );
    this.#handshake.unref();
    this.#listen();
    this.#stopReading = acceptSocket(this.#connection, socket, {
      violated: (error) => this.#fail(textOf(error)),
      broken: (error) => this.#broken(error),
    });
    this.#watchSocket();
  }

  /** Says goodbye and closes; the client may come back. */
  close(): void {
    this.#guard(() =>
      sayGoodbye(this.#connection, {
        condition: "amqp:connection:forced",
        description: "The broker is shutting down.",
      }),
    );
  }

  /** Cuts the connection without a word, as a broken network does. */
  drop(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#on("connection_open", () => this.#opened());
    this.#on("session_open", ({ session }) => session !== undefined && this.#begin(session));
    this.#on("sender_open", ({ sender }) => sender !== undefined && attachOutgoing(sender, this.#attaching));
    this.#on(
      "receiver_open",
      ({ receiver }) => receiver !== undefined && attachIncoming(receiver, this.#attaching),
    );
    this.#on("message", (context) => this.#message(context));
    this.#on(
      "sender_flow",
      ({ sender }) => sender !== undefined && this.#windowOf(sender.session).creditMoved(sender),
    );
    this.#on("sendable", ({ sender }) => this.#pump(sender));
    this.#on("sender_draining", ({ sender }) => {
      this.#pump(sender);
      sender?.set_drained(true);
    });
    for (const outcome of outcomes) {
      this.#on(outcome, ({ sender, delivery }) => {
        const link = this.#links.get(sender);
        if (link instanceof ConsumerLink && delivery !== undefined) link.settled(delivery, outcome);
      });
    }
    this.#on("sender_close", ({ sender }) => this.#links.drop(sender, answerWaiting));
    this.#on("receiver_close", ({ receiver }) => this.#links.drop(receiver));
    this.#on("session_close", ({ session }) => {
      if (session !== undefined) this.#sessions.delete(session);
      this.#links.dropSession(session, answerWaiting);
    });
    this.#on("connection_close", () => this.#links.dropAll(answerWaiting));
    // Each of these must have a listener: an EventEmitter throws an 'error' that nobody listens to.
    for (const name of [
      "sender_error",
      "receiver_error",
      "session_error",
      "connection_error",
      "disconnected",
    ])
      this.#on(name, () => {});
    for (const name of ["protocol_error", "error"])
      this.#connection.on(name, (error: unknown) => this.#fail(textOf(error)));
    this.#connection.container.on("error", () => {});
  }

  /** Listens to an event of rhea; what a listener throws is a bug and costs the client its connection, not the broker its life. */
  #on(name: string, listener: (context: EventContext) => unknown): void {
    this.#connection.on(name, (context: EventContext) => {
      try {
        listener(context);
      } catch (error) {
        this.#broken(error);
      }
    });
  }

  #broken(error: unknown): void {
    this.#server.log({ event: "bug", error });
    this.#fail("The broker failed on this.", "amqp:internal-error");
  }

  #watchSocket(): void {
    this.#socket.on("drain", () => this.#guard(() => this.#links.pumpAll()));
    // rhea listens to the end of a socket only: one that is destroyed would leave its consumers behind.
    this.#socket.on("close", () => this.#guard(() => this.#gone()));
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#server.log({ event: "bug", error });
    }
  }

  #opened(): void {
    clearTimeout(this.#handshake);
    const refusal = refusalOf(this.#connection);
    if (refusal !== undefined) return this.#fail(refusal, "amqp:invalid-field");
    this.#server.log({
      event: "connection-opened",
      connection: this.#id,
      container: this.#connection.container_id,
    });
  }

  #begin(session: Session): void {
    this.#sessions.add(session);
    if (this.#sessions.size > maxSessionsPerConnection)
      return this.#fail(`A connection may have ${maxSessionsPerConnection} AMQP sessions.`);
    prepareSession(rawSession(session), {
      windowMoved: () => this.#guard(() => this.#links.pumpSession(session)),
      stolen: (link) => this.#guard(() => this.#links.steal(link)),
    });
  }

  #windowOf(session: Session): SendWindow {
    let window = this.#windows.get(session);
    if (window === undefined) {
      window = new SendWindow(session, this.#connection);
      this.#windows.set(session, window);
    }
    return window;
  }

  #message({ receiver, delivery, message }: EventContext): void {
    if (receiver === undefined || delivery === undefined) return;
    const encoded = message as unknown;
    if (!(encoded instanceof Buffer)) throw new TypeError("a message was decoded before its time");
    const link = this.#links.get(receiver);
    if (link instanceof PublisherLink || link instanceof RequestLink) link.receive(delivery, encoded);
    else delivery.release();
  }

  #pump(sender: Sender | undefined): void {
    const link = this.#links.get(sender);
    if (link instanceof ConsumerLink) link.pump();
    else if (link instanceof ReplyLink) link.flush();
  }

  /** Ends the links whose token ran out. */
  #endUncovered(): void {
    for (const link of this.#links.all()) {
      if (link.resource === undefined || this.#grants.covers(link.resource)) continue;
      link.end(new BrokerError("amqp:unauthorized-access", "The token for this link has expired."));
    }
  }

  #fail(reason: string, condition = "amqp:connection:framing-error"): void {
    if (this.#failed || this.#closed) return;
    this.#failed = true;
    this.#stopReading();
    this.#server.log({ event: "protocol-error", connection: this.#id, reason });
    this.#guard(() => failConnection(this.#connection, { condition, description: reason }));
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopReading();
    clearTimeout(this.#handshake);
    this.#links.dropAll();
    this.#grants.clear();
    stopHeartbeats(this.#connection);
    this.#server.log({ event: "connection-closed", connection: this.#id });
  }
}

/** A client that gives up waiting for a session has had no answer to its attach yet: without one, some wait on. */
function answerWaiting(link: Sender | Receiver, open: OpenLink): void {
  if (!(open instanceof ConsumerLink) || open.stopWaiting === undefined) return;
  refuse(link, {
    condition: "com.microsoft:operation-cancelled",
    description: "The client stopped waiting for a session.",
  });
}

/** What the broker will not agree to in a client's open; fields that the client leaves out are null. */
function refusalOf({ max_frame_size, idle_time_out }: Connection): string | undefined {
  if ((max_frame_size ?? minFrameBytes) < minFrameBytes)
    return `A client must take frames of ${minFrameBytes} bytes.`;
  // None, or 0, asks for no sign of life at all.
  if ((idle_time_out || minIdleTimeoutMs) < minIdleTimeoutMs)
    return `An idle time-out may not be below ${minIdleTimeoutMs} ms.`;
  return undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
