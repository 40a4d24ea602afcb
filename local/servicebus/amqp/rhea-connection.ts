import type { Socket } from "node:net";
import type { AmqpError, Connection } from "rhea";
import { FrameGate } from "./frame-gate.ts";
import { rawConnection } from "./rhea-shapes.ts";

/** Who is told of what goes wrong on a connection. */
export interface FailureListeners {
  /** The client broke the protocol. */
  readonly violated: (error: unknown) => void;
  /** Something was thrown that should not be. */
  readonly broken: (error: unknown) => void;
}

/**
 * Has a connection serve a socket, until the returned function is called. rhea's own `listen` keeps the connection it makes to itself.
 * What the client writes goes through a gate, since rhea believes every size and count it reads; and what rhea throws while it writes
 * ends here, for it would end the process.
 */
export function acceptSocket(
  connection: Connection,
  socket: Socket,
  { violated, broken }: FailureListeners,
): () => void {
  const raw = rawConnection(connection);
  const gate = new FrameGate({ pass: raw.input.bind(raw), violated });
  raw.input = (bytes) => gate.take(bytes);
  const process = raw._process.bind(raw);
  raw._process = () => {
    try {
      process();
    } catch (error) {
      broken(error);
    }
  };
  raw.accept(socket);
  return () => gate.stop();
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
      connection.close(inFull(error));
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
    connection.close(inFull(error));
    raw._process();
  }
  raw.socket.end();
}

/** Stops rhea's heartbeat timers. It does so itself only when the client ends the socket; they would keep the process alive. */
export function stopHeartbeats(connection: Connection): void {
  rawConnection(connection)._disconnected();
}

/** rhea leaves out fields at the end that have no value; a client that counts on all three would fail on the error itself. */
function inFull(error: AmqpError): AmqpError {
  return { ...error, info: {} };
}
