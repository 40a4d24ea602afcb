// oxlint-disable typescript/no-unsafe-type-assertion -- what rhea's typings leave out is the business of this file
import type { Socket } from "node:net";
import type { AmqpError, Connection, Delivery, Receiver, Sender, Session } from "rhea";
import { maxMessageBytes } from "../limits.ts";

// rhea is a client library that can also accept connections. What a Service Bus needs beyond that is done here, by hooks on
// single objects; this is the one file that knows how rhea looks inside, and why its version is pinned exactly.

/** An AMQP performative as rhea keeps it: accessors write through to the frame. */
interface Performative {
  message_format?: number | undefined;
  delivery_id?: number | undefined;
  delivery_count?: number | null | undefined;
  more?: boolean;
  aborted?: boolean;
  echo?: boolean;
  handle?: number | null | undefined;
  role?: boolean;
  name?: string;
  first: number;
  last?: number | null | undefined;
  state?: unknown;
}

interface Frame {
  performative: Performative;
  payload?: Buffer | undefined;
}

interface EndpointState {
  local_open: boolean;
  remote_open: boolean;
  open_requests: number;
}

/** A delivery in rhea's ring buffer. */
export interface RawDelivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly link: RawLink;
  readonly data?: Buffer[];
  settled: boolean;
  remote_settled: boolean;
  remote_state?: unknown;
  update(settled: boolean, state?: unknown): void;
}

interface Ring {
  size: number;
  available(): number;
  get_head(): RawDelivery | undefined;
}

interface Outgoing {
  deliveries: Ring;
  next_delivery_id: number;
  next_pending_delivery: number;
  remote_window?: number;
  available(): number;
  transfer_window(): number;
  process(): void;
  on_disposition(fields: Performative): void;
}

interface Incoming {
  next_delivery_id?: number;
  next_transfer_id: number;
  on_transfer(frame: Frame, receiver: RawLink): void;
}

export interface RawSession extends Session {
  links: Record<string, RawLink>;
  local: { handles: Record<number, RawLink> };
  remote: { handles: Record<number, RawLink> };
  outgoing: Outgoing;
  incoming: Incoming;
  on_attach(frame: Frame): void;
  on_flow(frame: Frame): void;
  remove_link(link: RawLink): void;
  _write_flow(link?: RawLink): void;
}

interface Attach {
  source?: unknown;
  target?: unknown;
  properties?: unknown;
  snd_settle_mode?: number;
  rcv_settle_mode?: number;
  max_message_size?: number;
}

/** The parts of rhea's links that its typings leave out. */
export interface RawLink {
  name: string;
  state: EndpointState;
  local: { attach: Attach; handle: number };
  remote: { handle?: number; attach?: Attach };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  _draining?: boolean;
  _drained?: boolean;
  _incomplete?: { id: number; settled: boolean; frames: Buffer[]; bytes?: number } | undefined;
  _get_drain?: () => boolean;
  is_receiver(): boolean;
}

interface RawConnection extends Connection {
  socket: Socket;
  frame_size?: number;
  state: EndpointState;
  accept(socket: Socket): void;
  _process(): void;
  _disconnected(error?: Error): void;
}

export function rawLink(link: Sender | Receiver): RawLink {
  return link as unknown as RawLink;
}

export function rawDelivery(delivery: Delivery): RawDelivery {
  return delivery as unknown as RawDelivery;
}

export function rawSession(session: Session): RawSession {
  return session as RawSession;
}

function rawConnection(connection: Connection): RawConnection {
  return connection as RawConnection;
}

/** Has a connection serve a socket. rhea's own `listen` keeps the connection it makes to itself. */
export function acceptSocket(connection: Connection, socket: Socket): void {
  rawConnection(connection).accept(socket);
}

/** What a session tells its owner about. */
export interface SessionHooks {
  /** The client widened its window, or granted credit: links may be able to send. */
  readonly windowMoved: () => void;
}

/** Prepares a session that a client has begun. */
export function prepareSession(session: RawSession, hooks: SessionHooks): void {
  keepRawMessages(session);
  boundDispositions(session);
  keepLinkNamesApart(session);
  forgetExactly(session);
  repairFlows(session, hooks);
}

/**
 * Has messages handed over as bytes. Without it rhea decodes those of format 0 and loses the AMQP types in them.
 * Also: an aborted transfer is dropped rather than taken for a message, a frame without payload is not taken for `undefined`,
 * a message far beyond the limit is not gathered in memory, and delivery ids may wrap around.
 */
function keepRawMessages(session: RawSession): void {
  const { incoming } = session;
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const { performative } = frame;
    const partial = receiver._incomplete;
    if (performative.aborted === true) {
      incoming.next_transfer_id++;
      if (partial !== undefined) partial.settled = true;
      receiver._incomplete = undefined;
      return;
    }
    if ((performative.message_format ?? 0) === 0 && partial === undefined) performative.message_format = 1;
    frame.payload ??= Buffer.alloc(0);
    if (partial !== undefined) {
      partial.bytes = (partial.bytes ?? partial.frames[0]?.length ?? 0) + frame.payload.length;
      // One frame more than allowed is kept, so that the message is seen to be too large when it is complete.
      if (partial.bytes - frame.payload.length > maxMessageBytes) frame.payload = Buffer.alloc(0);
    }
    if (incoming.next_delivery_id === 2 ** 32) incoming.next_delivery_id = 0;
    onTransfer(frame, receiver);
  };
}

/**
 * Keeps a disposition within the deliveries that are still open. Without it a range of four thousand million ids blocks
 * the process, and an id that is settled already can hit another delivery in the ring.
 */
function boundDispositions(session: RawSession): void {
  const { outgoing } = session;
  const onDisposition = outgoing.on_disposition.bind(outgoing);
  outgoing.on_disposition = (fields) => {
    const head = outgoing.deliveries.get_head();
    if (head === undefined) return;
    const first = Math.max(fields.first, head.id);
    const last = Math.min(fields.last ?? fields.first, head.id + outgoing.deliveries.size - 1);
    if (first > last) return;
    fields.first = first;
    fields.last = last;
    onDisposition(fields);
  };
}

/**
 * Lets a name be used again. rhea keeps links by name alone: without this a link that is attached anew in the same read as its
 * detach is never answered, and a sender and a receiver of one name are taken for one link.
 */
function keepLinkNamesApart(session: RawSession): void {
  const onAttach = session.on_attach.bind(session);
  let renamed = 0;
  session.on_attach = (frame) => {
    const name = frame.performative.name ?? "";
    const existing = session.links[name];
    const sameRole = existing !== undefined && existing.is_receiver() !== frame.performative.role;
    if (existing !== undefined && !(sameRole && existing.state.remote_open)) {
      delete session.links[name];
      existing.name = `${name}\0${++renamed}`;
      session.links[existing.name] = existing;
    }
    onAttach(frame);
    const link = session.links[name];
    if (link !== undefined && frame.performative.handle != null)
      link.remote.handle = frame.performative.handle;
  };
}

/** Removes exactly the link that is meant. rhea leaves it among the remote handles, or removes the one that reuses its handle. */
function forgetExactly(session: RawSession): void {
  session.remove_link = (link) => {
    const { handle } = link.remote;
    if (handle !== undefined && session.remote.handles[handle] === link)
      delete session.remote.handles[handle];
    if (session.local.handles[link.local.handle] === link) delete session.local.handles[link.local.handle];
    if (session.links[link.name] === link) delete session.links[link.name];
  };
}

/**
 * Fills in a missing delivery-count (credit would become NaN), answers `echo`, and tells of flows without a link: rhea raises
 * no event for them, and a link that waits for the session's window would wait for ever.
 */
function repairFlows(session: RawSession, hooks: SessionHooks): void {
  const onFlow = session.on_flow.bind(session);
  session.on_flow = (frame) => {
    const { performative } = frame;
    const link = performative.handle == null ? undefined : session.remote.handles[performative.handle];
    if (link !== undefined && performative.delivery_count == null)
      performative.delivery_count = link.delivery_count;
    onFlow(frame);
    if (performative.echo === true) {
      if (link === undefined) session._write_flow();
      else link.issue_flow = true;
    }
    if (link === undefined) hooks.windowMoved();
  };
}

/** Runs after rhea has written what was waiting to be sent. */
export function afterProcess(session: RawSession, run: () => void): void {
  const { outgoing } = session;
  const process = outgoing.process.bind(outgoing);
  outgoing.process = () => {
    process();
    run();
  };
}

/**
 * Answers a drain also when no credit is left. Without it rhea stays silent, and clients close their link after waiting 200 ms
 * and more.
 */
export function answerEveryDrain(link: RawLink): void {
  link._get_drain = () => {
    if (!link._draining || !link._drained) return false;
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    link._drained = false;
    return true;
  };
}

/**
 * Settles a delivery for both sides. rhea frees its place in the ring only when it believes that both have settled, but a client
 * that settles second never says so again: without it a link stops for good when the ring is full.
 */
export function settleForGood(delivery: RawDelivery, outcome: unknown): void {
  delivery.update(true, outcome);
  delivery.remote_settled = true;
}

/** Frees the place of a delivery whose link is gone, without a word to the client. */
export function forgetDelivery(delivery: RawDelivery): void {
  delivery.settled = true;
  delivery.remote_settled = true;
}

/** Holds the answer to an attach back; `link.open()` sends it. rhea has queued it by the time of the open event. */
export function holdAttach(link: RawLink): void {
  link.state.local_open = false;
  link.state.open_requests = 0;
}

/** Refuses a link the way AMQP has it: an attach without terminus, then a detach with the error. */
export function refuse(link: Sender | Receiver, error: AmqpError): void {
  const { attach } = rawLink(link).local;
  if (link.is_receiver()) attach.target = null;
  else attach.source = null;
  link.open();
  link.close(error);
}

/** Whether the client announced a frame that is larger than it may be; rhea would gather it without bound. */
export function announcedFrameBytes(connection: Connection): number {
  return rawConnection(connection).frame_size ?? 0;
}

/** Bytes that were written to the connection and that the client has not taken yet. */
export function socketBacklogBytes(connection: Connection): number {
  return rawConnection(connection).socket.writableLength;
}

const saslProtocolHeader = Buffer.from([0x41, 0x4d, 0x51, 0x50, 3, 1, 0, 0]);

/** Closes a connection at once, with its reason when there is still somebody to read it. rhea only ends the socket. */
export function failConnection(connection: Connection, error: AmqpError): void {
  const raw = rawConnection(connection);
  try {
    // A peer that spoke no AMQP is told which protocol is spoken here, as AMQP has it.
    if (raw.socket.bytesWritten === 0) raw.socket.write(saslProtocolHeader);
    else if (raw.state.local_open) {
      connection.close(error);
      raw._process();
    }
  } finally {
    raw.socket.destroySoon();
  }
}

/**
 * Closes a connection politely. The end of the stream goes out with the close frame: a client that comes back at once would
 * otherwise take the late end of the old socket for a failure of its new one.
 */
export function sayGoodbye(connection: Connection, error: AmqpError): void {
  const raw = rawConnection(connection);
  if (raw.state.local_open) {
    connection.close(error);
    raw._process();
  }
  raw.socket.end();
}

/** Stops rhea's heartbeat timers. It does so itself only when the client ends the socket; they would keep the process alive. */
export function stopHeartbeats(connection: Connection): void {
  rawConnection(connection)._disconnected();
}
