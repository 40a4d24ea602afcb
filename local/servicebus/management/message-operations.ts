import {
  encodeArray,
  encodeBinary,
  encodeInt,
  encodeList,
  encodeLong,
  encodeMap,
  encodeString,
  encodeTimestamp,
  encodeUuid,
} from "../amqp/encode.ts";
import { type Settlement, settle } from "../amqp/settlement.ts";
import { maxPeekBytes, maxPeekMessages } from "../limits.ts";
import { type Arguments, invalid } from "./arguments.ts";
import { answer, nothing, type Operands, type Operation } from "./operation.ts";

const longCode = 0x81;
const timestampCode = 0x83;

/** Operations on messages by sequence number or lock token. */
export const messageOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:peek-message": peek,
  "com.microsoft:schedule-message": schedule,
  "com.microsoft:cancel-scheduled-message": cancelScheduled,
  "com.microsoft:receive-by-sequence-number": receiveDeferred,
  "com.microsoft:update-disposition": updateDisposition,
  "com.microsoft:renew-lock": renewLock,
  "com.microsoft:batch-delete-messages": deleteBatch,
};

function peek({ namespace, address, request, writeMessage }: Operands) {
  const topic = namespace.topic(address.entity) !== undefined && address.subscription === undefined;
  const mailbox = topic
    ? namespace.destination(address).destination.scheduled
    : namespace.source(address).mailbox;
  const count = Math.min(request.count("message-count"), maxPeekMessages);
  const messages = mailbox.peek(
    request.integer("from-sequence-number"),
    count,
    request.optionalText("session-id"),
  );
  if (messages.length === 0) return nothing;
  const items: Buffer[] = [];
  for (let bytes = 0, index = 0; index < messages.length && bytes < maxPeekBytes; index++) {
    const message = messages[index];
    if (message === undefined) break;
    const item = encodeMap([encodeString("message"), encodeBinary(writeMessage(message, message.lock))]);
    items.push(item);
    bytes += item.length;
  }
  return answer({ messages: encodeList(items) });
}

function schedule({ namespace, address, request, readMessage }: Operands) {
  const { destination, life } = namespace.destination(address);
  const contents = request.maps("messages").map((message) => {
    const encoded = message.optionalBytes("message");
    if (encoded === undefined) throw invalid("A message to schedule lacks 'message', binary.");
    return readMessage(encoded);
  });
  life.touch();
  const sequences = destination.schedule(contents);
  return answer({ "sequence-numbers": encodeArray(longCode, sequences.map(encodeLong)) });
}

function cancelScheduled({ namespace, address, request }: Operands) {
  const { destination, life } = namespace.destination(address);
  life.touch();
  destination.scheduled.cancelScheduled(request.integers("sequence-numbers"));
  return answer({});
}

function receiveDeferred({ namespace, address, request, heldSession, writeMessage }: Operands) {
  const source = namespace.source(address);
  const mode = request.optionalInteger("receiver-settle-mode") === 0 ? "receive-and-delete" : "peek-lock";
  source.life.touch();
  const session = request.has("session-id") ? heldSession : undefined;
  const received = source.mailbox.receiveDeferred(request.integers("sequence-numbers"), mode, session);
  const items = received.map(({ message, lock }) => {
    const fields = [encodeString("message"), encodeBinary(writeMessage(message, lock))];
    if (lock !== undefined) fields.push(encodeString("lock-token"), encodeUuid(lock.token));
    return encodeMap(fields);
  });
  return answer({ messages: encodeList(items) });
}

function updateDisposition({ namespace, address, request, encodedProperties }: Operands) {
  const source = namespace.source(address);
  const settlement = readDisposition(request, encodedProperties("properties-to-modify"));
  for (const token of request.uuids("lock-tokens")) settle(source, token, settlement);
  return answer({});
}

function readDisposition(request: Arguments, properties: ReadonlyMap<string, Buffer>): Settlement {
  const status = request.text("disposition-status");
  switch (status.toLowerCase()) {
    case "completed":
      return { kind: "complete" };
    case "abandoned":
      return { kind: "abandon", properties };
    // The protocol spells it so.
    case "defered":
    case "deferred":
      return { kind: "defer", properties };
    case "suspended":
      return {
        kind: "dead-letter",
        reason: request.optionalText("deadletter-reason"),
        description: request.optionalText("deadletter-description"),
        properties,
      };
    default:
      throw invalid(`The disposition status '${status}' is not known.`);
  }
}

function renewLock({ namespace, address, request }: Operands) {
  const source = namespace.source(address);
  source.life.touch();
  const expirations = request.uuids("lock-tokens").map((token) => source.mailbox.renew(token));
  return answer({ expirations: encodeArray(timestampCode, expirations.map(encodeTimestamp)) });
}

function deleteBatch({ namespace, address, request }: Operands) {
  const source = namespace.source(address);
  source.life.touch();
  const deleted = source.mailbox.deleteBatch(
    request.count("message-count"),
    request.optionalTime("enqueued-time-utc") ?? Infinity,
    request.optionalText("session-id"),
  );
  if (deleted === 0) return { ...nothing, condition: "com.microsoft:message-not-found" };
  return answer({ "message-count": encodeInt(deleted) });
}
