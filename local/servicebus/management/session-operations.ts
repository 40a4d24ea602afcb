import { encodeArray, encodeBinary, encodeInt, encodeNull, encodeTimestamp } from "../amqp/encode.ts";
import { BrokerError } from "../broker-error.ts";
import { sessionLockLost, type Sessions } from "../store/sessions.ts";
import type { SessionLock } from "../store/session.ts";
import { answer, nothing, type Operands, type Operation } from "./operation.ts";

/** Operations on sessions. Those on one session are for the link that holds it now, and for no other. */
export const sessionOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:renew-session-lock": renew,
  "com.microsoft:get-session-state": getState,
  "com.microsoft:set-session-state": setState,
  "com.microsoft:get-message-sessions": list,
};

/** Strings of any length, as array elements. */
const stringCode = 0xb1;
/** From here on a time means "no time": clients send the end of the calendar. */
const endOfCalendarMs = Date.UTC(9999, 0, 1);

function renew(operands: Operands) {
  const { sessions, lock } = held(operands);
  return answer({ expiration: encodeTimestamp(sessions.renew(lock)) });
}

function getState(operands: Operands) {
  const { sessions, lock } = held(operands);
  const state = sessions.state(lock);
  return answer({ "session-state": state === undefined ? encodeNull() : encodeBinary(state) });
}

function setState(operands: Operands) {
  const { sessions, lock } = held(operands);
  sessions.setState(lock, operands.request.optionalBytes("session-state"));
  return answer({});
}

function list({ namespace, address, request }: Operands) {
  const sessions = sessionsOf(namespace.source(address));
  const since = request.optionalTime("last-updated-time");
  const all = sessions.list(since === undefined || since >= endOfCalendarMs ? undefined : since);
  const skip = request.optionalCount("skip") ?? 0;
  const page = all.slice(skip, skip + (request.optionalCount("top") ?? all.length));
  if (page.length === 0) return nothing;
  return answer({
    skip: encodeInt(skip + page.length),
    "sessions-ids": encodeArray(stringCode, page.map(encodeLongString)),
  });
}

/** An array has one type code for all elements, so the short form of a string will not do. */
function encodeLongString(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head[0] = stringCode;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The sessions of the entity and the lock that the asking link holds on the session it names. */
function held({ namespace, address, request, heldSession }: Operands): {
  sessions: Sessions;
  lock: SessionLock;
} {
  const source = namespace.source(address);
  const sessions = sessionsOf(source);
  const sessionId = request.text("session-id");
  // A lock of the same session of another entity is no lock of this one.
  if (heldSession?.sessionId !== sessionId || sessions.get(sessionId)?.lock !== heldSession)
    throw sessionLockLost(sessionId);
  source.life.touch();
  return { sessions, lock: heldSession };
}

function sessionsOf(source: ReturnType<Operands["namespace"]["source"]>): Sessions {
  const { sessions } = source.mailbox;
  if (sessions === undefined)
    throw new BrokerError("amqp:not-allowed", `The entity '${source.path}' does not use sessions.`);
  return sessions;
}
