// oxlint-disable typescript/no-unsafe-type-assertion -- what rhea's typings leave out is the business of this file
import type { Socket } from "node:net";
import type { Connection, Delivery, Receiver, Sender, Session } from "rhea";

// rhea is a client library that can also accept connections. What a Service Bus needs beyond that is done by hooks on single
// objects, in the files beside this one whose names begin with `rhea`. They know how rhea looks inside, as it is written down here,
// and are why its version is pinned exactly.

/** An AMQP performative as rhea keeps it: accessors write through to the frame. */
export interface Performative {
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

export interface Frame {
  performative: Performative;
  payload?: Buffer | undefined;
}

interface EndpointState {
  local_open: boolean;
  remote_open: boolean;
  open_requests: number;
  /** Whether an open is to be written now; asking takes note that it is. */
  need_open(): boolean;
}

/** A delivery in rhea's ring buffer. */
export interface RawDelivery {
  readonly id: number;
  readonly tag: Buffer;
  readonly link: RawLink;
  readonly data?: Buffer[];
  settled: boolean;
  remote_settled: boolean;
  state?: unknown;
  remote_state?: unknown;
  update(settled: boolean, state?: unknown): void;
}

export interface Ring {
  size: number;
  available(): number;
  get_head(): RawDelivery | undefined;
}

export interface Outgoing {
  deliveries: Ring;
  /** Deliveries whose outcome is not written yet. */
  pending_dispositions: RawDelivery[];
  next_delivery_id: number;
  next_pending_delivery: number;
  remote_window?: number;
  available(): number;
  transfer_window(): number;
  update(delivery: RawDelivery, settled: boolean | undefined, state?: unknown): void;
  process(session?: RawSession): void;
  on_disposition(fields: Performative): void;
}

export interface Incoming {
  deliveries: Ring;
  /** Deliveries whose outcome is not written yet. */
  updated: RawDelivery[];
  next_delivery_id?: number;
  next_transfer_id: number;
  on_transfer(frame: Frame, receiver: RawLink): void;
  update(delivery: RawDelivery, settled: boolean | undefined, state?: unknown): void;
  process(session?: RawSession): void;
  on_disposition(fields: Performative): void;
}

export interface RawSession extends Session {
  links: Record<string, RawLink>;
  local: { handles: Record<number, RawLink> };
  remote: { handles: Record<number, RawLink> };
  outgoing: Outgoing;
  incoming: Incoming;
  on_attach(frame: Frame): void;
  on_flow(frame: Frame): void;
  output(frame: unknown): void;
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
  _process(): void;
  is_receiver(): boolean;
}

export interface RawConnection extends Connection {
  socket: Socket;
  state: EndpointState;
  accept(socket: Socket): void;
  input(bytes: Buffer): void;
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

export function rawConnection(connection: Connection): RawConnection {
  return connection as RawConnection;
}
